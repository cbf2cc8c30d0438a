"""The neutral text as safe HTML and as plain text."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.markdown import to_html, to_plain

LINK = '<a href="https://a.b/c_d" target="_blank" rel="noopener noreferrer">{}</a>'


@pytest.mark.parametrize(
    ("text", "html", "plain"),
    [
        ("um\n\ndois", "<p>um</p>\n<p>dois</p>", "um\n\ndois"),
        ("um\ndois", "<p>um<br>\ndois</p>", "um\ndois"),
        ("clique em **Entrar**.", "<p>clique em <strong>Entrar</strong>.</p>", "clique em Entrar."),
        ("a < b & c", "<p>a &lt; b &amp; c</p>", "a < b & c"),
        ("maria_da_silva@x.com", "<p>maria_da_silva@x.com</p>", "maria_da_silva@x.com"),
        ("2*3*4 e _isto_ e __isso__", "<p>2*3*4 e _isto_ e __isso__</p>", "2*3*4 e _isto_ e __isso__"),
        ("# título", "<p># título</p>", "# título"),
        ("`código`", "<p>`código`</p>", "`código`"),
        ("<b>x</b><script>", "<p>&lt;b&gt;x&lt;/b&gt;&lt;script&gt;</p>", "<b>x</b><script>"),
        ("Veja:\n- um\n- **dois**", None, "Veja:\n\n- um\n- dois"),
        ("1. um\n2. dois\n\nfim", None, "1. um\n2. dois\n\nfim"),
        ("[aqui](https://a.b/c_d)", f"<p>{LINK.format('aqui')}</p>", "aqui (https://a.b/c_d)"),
        ("<https://a.b/c_d>", f"<p>{LINK.format('https://a.b/c_d')}</p>", "https://a.b/c_d"),
        ("(https://a.b/c_d).", f"<p>({LINK.format('https://a.b/c_d')}).</p>", "(https://a.b/c_d)."),
        ("[x](javascript:alert(1))", "<p>[x](javascript:alert(1))</p>", "[x](javascript:alert(1))"),
        ("[x](http://a.b)", "<p>[x](http://a.b)</p>", "[x](http://a.b)"),
        ("[x](https://)", "<p>[x](https://)</p>", "[x](https://)"),
        ("![x](https://a.b/c.png)", None, "!x (https://a.b/c.png)"),
        (r"\*\*não\*\*", "<p>**não**</p>", "**não**"),
    ],
)
def test_rendering(text: str, html: str | None, plain: str) -> None:
    if html is not None:
        assert to_html(text) == html
    assert to_plain(text) == plain


def test_lists() -> None:
    html = to_html("Passos:\n\n1. um\n2. dois\n   - x")
    assert re.sub(r"\s", "", html) == "<p>Passos:</p><ol><li>um</li><li>dois<ul><li>x</li></ul></li></ol>"


@given(
    st.one_of(
        st.text(max_size=300),
        st.lists(
            st.sampled_from(["<", ">", "&", '"', "'", "[", "](", ")", "https://x.y/", "javascript:", "*", "\n", " "])
        ).map("".join),
    )
)
def test_only_known_tags_come_out(text: str) -> None:
    html = to_html(text)
    tags = set(re.findall(r"<[^>]*>", html))
    allowed = r'</?(p|strong|ul|ol|li)>|<br>|<ol start="\d+">|</a>'
    link = r'<a href="https://[^"<>]*" target="_blank" rel="noopener noreferrer">'
    assert all(re.fullmatch(f"{allowed}|{link}", tag) for tag in tags)
    to_plain(text)
