"""What is covered and what is not; and that covering never raises, is stable and stays linear."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from validate_docbr import CNPJ, CPF

from bot.redaction import MASKS, Redactor

redact = Redactor()

COVERED = [
    # CPF
    ("meu cpf é 111.444.777-35", "meu cpf é [CPF]", {"cpf"}),
    ("11144477735", "[CPF]", {"cpf"}),
    ("CPF:11144477735.", "CPF:[CPF].", {"cpf"}),
    ("111 444 777 35", "[CPF]", {"cpf"}),
    ("111.444.777/35", "[CPF]", {"cpf"}),
    ("111.444.777 - 35", "111.444.777 - 35", set()),
    ("cpf 111444777-35 e 529.982.247-25", "cpf [CPF] e [CPF]", {"cpf"}),
    ("cpf 123.456.789-00 (digitei errado)", "cpf [CPF] (digitei errado)", {"cpf"}),
    ("１１１.４４４.７７７-３５", "[CPF]", {"cpf"}),
    # CNPJ
    ("11.222.333/0001-81", "[CNPJ]", {"cnpj"}),
    ("cnpj 11222333000181", "cnpj [CNPJ]", {"cnpj"}),
    ("12.ABC.345/01DE-35", "[CNPJ]", {"cnpj"}),
    ("12abc34501de35", "[CNPJ]", {"cnpj"}),
    ("cnpj: 12.ABC.345/01DE-99", "cnpj: [CNPJ]", {"cnpj"}),
    # cards
    ("4111 1111 1111 1111", "[cartão]", {"card"}),
    ("4111111111111111", "[cartão]", {"card"}),
    ("5555-5555-5555-4444 vence 12/30", "[cartão] vence 12/30", {"card"}),
    ("3782 822463 10005", "[cartão]", {"card"}),
    # e-mail
    ("fulano_de.tal+x@prefeitura.sp.gov.br", "[e-mail]", {"email"}),
    ("é joão@exemplo.com, sim", "é [e-mail], sim", {"email"}),
    ("maria @gmail.com", "[e-mail]", {"email"}),
    ("maria @ gmail.com", "[e-mail]", {"email"}),
    ("a@b.com,c@d.com.br", "[e-mail],[e-mail]", {"email"}),
    # passwords
    ("senha: x", "senha: [senha]", {"password"}),
    ("Senha:batata", "Senha:[senha]", {"password"}),
    ("senha = batata", "senha = [senha]", {"password"}),
    ("minha senha é x", "minha senha é [senha]", {"password"}),
    ("minha senha é Pira@2024, ajuda", "minha senha é [senha], ajuda", {"password"}),
    ("a senha e x", "a senha e [senha]", {"password"}),
    ("a senha eh gatinho", "a senha eh [senha]", {"password"}),
    ("A SENHA É GATINHO", "A SENHA É [senha]", {"password"}),
    ("a senha era gatinho", "a senha era [senha]", {"password"}),
    ("minha senha do portal é gatinho", "minha senha do portal é [senha]", {"password"}),
    ('senha: "meu gato azul" não entra', "senha: [senha] não entra", {"password"}),
    ("password: x", "password: [senha]", {"password"}),
    ("my password is hunter2", "my password is [senha]", {"password"}),
    ("usuario fulano senha abc12345", "usuario fulano senha [senha]", {"password"}),
    ("abc12345 é minha senha", "[senha] é minha senha", {"password"}),
    ("esqueci a senha e abc123 não funciona", "esqueci a senha e [senha] não funciona", {"password"}),
    ("senha: maria@gmail.com", "senha: [senha]", {"password"}),
    ("senha: 111.444.777-35", "senha: [senha]", {"password"}),
    ("meu pin é 1234", "meu pin é [senha]", {"password"}),
    ("a senha que uso é Gato#123", "a senha que uso é [senha]", {"password"}),
    ("a senha que eu sempre uso no portal é gatinho", "a senha que eu sempre uso no portal é [senha]", {"password"}),
    ("a senha que me mandaram: batata", "a senha que me mandaram: [senha]", {"password"}),
    ("senha\nbatata123", "senha\n[senha]", {"password"}),
    ("usuario maria\nsenha\nbatata", "usuario maria\nsenha\n[senha]", {"password"}),
    ("minha senha\ngatinho\nnão entra", "minha senha\n[senha]\nnão entra", {"password"}),
    (
        "minha senha de acesso ao portal da prefeitura é Gato#123",
        "minha senha de acesso ao portal da prefeitura é [senha]",
        {"password"},
    ),
    (
        "a senha da conta do gov.br da minha mãe é gatinho",
        "a senha da conta do gov.br da minha mãe é [senha]",
        {"password"},
    ),
    ("senha de acesso: batata", "senha de acesso: [senha]", {"password"}),
    ("login maria senha batata", "login maria senha [senha]", {"password"}),
    ("meu login é maria, a senha batata", "meu login é maria, a senha [senha]", {"password"}),
    ("usuário: jsilva / senha batata", "usuário: jsilva / senha [senha]", {"password"}),
    ("minha senha: gato preto", "minha senha: [senha]", {"password"}),
    ("minha senha: gato preto e branco, e agora?", "minha senha: [senha], e agora?", {"password"}),
    ("minha senha é gato preto", "minha senha é [senha]", {"password"}),
    ("senha: batata não entra", "senha: [senha] não entra", {"password"}),
    ("minha senha é gatinho mas não entra", "minha senha é [senha] mas não entra", {"password"}),
]

LEFT = [
    "PMP 2023/500100",
    "2023/500100",
    "500100/2023",
    "processo 500100/2023 da SEMAE",
    "senha: 2023/500100",
    "minha senha é 500100/2023",
    "PMP 2023/500100 e 2024/1",
    "esqueci minha senha",
    "senha",
    "senha?",
    "qual a minha senha",
    "a senha é inválida",
    "a senha é obrigatória",
    "minha senha é recusada",
    "a senha é numérica?",
    "a senha é a do portal?",
    "a senha é gatinho?",
    "esqueci a senha e o usuário",
    "perdi a senha e chorei",
    "troquei a senha e continua errado",
    "senha e e-mail",
    "senha e login não funcionam",
    "senha: não consigo entrar",
    "senha: esqueci, como recupero?",
    "assinar com senha ou PIN?",
    "o PIN é a senha do certificado A3",
    "senha A3",
    "a senha que uso é recusada",
    "a senha que eu uso é a mesma do e-mail",
    "a senha que pedem é do gov.br",
    "senha do wifi não funciona",
    "esqueci minha senha de acesso ao portal",
    "minha senha de acesso ao portal da prefeitura é recusada",
    "a senha de acesso ao sistema da prefeitura é diferente?",
    "senha\ncomo faço",
    "esqueci a senha\najuda",
    "senha\nesqueci",
    "login e senha inválidos",
    "login maria senha esquecida",
    "usuário bloqueado senha errada",
    "meu login do portal é senha do gov.br?",
    "o login da minha mãe e a senha não funcionam",
    "login gov senha expirou",
    "minha senha: não lembro, e agora",
    "senha: qual é a certa",
    "a senha é enviada por e-mail",
    "123.456.789-00",
    "12345678901",
    "(19) 99999-8888",
    "19999998888",
    "CEP 13400-900",
    "1234 5678 9012 3456",
    "0000 0000 0000 0000",
    "@prefeitura",
    "siga @fulano no twitter",
    "eu@casa",
    "rua 15 de novembro, 1500, ap. 22",
    "12/11/2026 às 14h30",
    "vence em 2026-11-22T10:00:00",
    "R$ 1.234,56",
]


@pytest.mark.parametrize(("text", "covered", "kinds"), COVERED)
def test_covered(text: str, covered: str, kinds: set[str]) -> None:
    result = redact(text)
    assert (result.text, result.kinds) == (covered, kinds)


@pytest.mark.parametrize("text", LEFT)
def test_left_as_it_is(text: str) -> None:
    result = redact(text)
    assert (result.text, result.kinds) == (text, frozenset())


words = st.sampled_from(
    ["senha", "é", "e", ":", "=", "@", ".", "-", "/", " ", "cpf", "cnpj", "pin", "[senha]", "[CPF]", "gmail.com", "x"]
)
documents = st.sampled_from(
    ["11144477735", "111.444.777-35", "11.222.333/0001-81", "12ABC34501DE35", "4111111111111111", "2023/500100", "7"]
)
messages = st.one_of(
    st.text(max_size=200),
    st.lists(st.one_of(words, documents, st.text(max_size=4)), max_size=30).map("".join),
    st.lists(st.one_of(words, documents, st.text(max_size=4)), max_size=30).map(" ".join),
)


ways_to_say_it = st.sampled_from(
    [
        "senha: {}",
        "minha senha é {}",
        "a senha que eu uso é {}",
        "a senha que me deram no balcão é {}",
        "minha senha de acesso ao portal da prefeitura é {}",
        "senha do gov.br = {}",
        "senha\n{}",
        "login maria senha {}",
        "usuário jsilva, senha: {}",
        "{} é minha senha",
        "minha senha atual do site: {} e não entra",
    ]
)
made_up = st.tuples(
    st.text(alphabet="abcdefghijklmnopqrstuvwxyzABCDEFGHIJ", min_size=4, max_size=12),
    st.text(alphabet="0123456789", min_size=1, max_size=4),
    st.sampled_from(["", "#", "@", "!", "_", "$"]),
).map(lambda parts: f"{parts[0]}{parts[2]}{parts[1]}")


@given(ways_to_say_it, made_up)
def test_no_password_with_a_digit_in_it_survives_however_it_is_said(way: str, password: str) -> None:
    result = redact(way.format(password))
    assert password not in result.text
    assert "password" in result.kinds


@given(
    st.sampled_from([text for text in LEFT if "senha" in text.casefold()]), st.sampled_from(["", "oi, ", "bom dia\n"])
)
def test_a_question_about_passwords_is_left_whatever_is_said_before(text: str, before: str) -> None:
    assert redact(before + text).text == before + text


@given(messages)
def test_never_raises_and_is_stable(text: str) -> None:
    once = redact(text)
    assert redact(once.text).text == once.text
    if not once.kinds:
        assert once.text == text
    assert once.kinds <= MASKS.keys()


@given(st.integers(0, 999_999_999), st.text(alphabet="abc ,.:", max_size=10), st.booleans())
def test_no_valid_cpf_survives(number: int, around: str, formatted: bool) -> None:
    validator = CPF()
    base = [int(char) for char in f"{number:09}"]
    first = sum(digit * weight for digit, weight in zip(base, range(10, 1, -1), strict=True)) * 10 % 11 % 10
    second = sum(d * weight for d, weight in zip([*base, first], range(11, 1, -1), strict=True)) * 10 % 11 % 10
    digits = f"{number:09}{first}{second}"
    if not validator.validate(digits):
        return
    shown = validator.mask(digits) if formatted else digits
    result = redact(f"{around} {shown} {around}")
    assert shown not in result.text
    assert "cpf" in result.kinds


@given(st.text(alphabet="0123456789ABCDEFGHJKLMNPRSTUVWXYZ", min_size=12, max_size=12), st.booleans())
def test_no_valid_cnpj_survives(base: str, formatted: bool) -> None:
    validator = CNPJ()
    if base[:8].isalpha() or len(set(base)) == 1:
        return

    def digit(text: str) -> str:
        weights = [2 + place % 8 for place in range(len(text))][::-1]
        rest = sum((ord(char) - 48) * weight for char, weight in zip(text, weights, strict=True)) % 11
        return str(0 if rest < 2 else 11 - rest)

    first = digit(base)
    number = base + first + digit(base + first)
    assert validator.validate(number)
    shown = validator.mask(number) if formatted else number
    assert shown not in redact(f"é {shown} sim").text


@pytest.mark.parametrize(
    "unit",
    ["a", "1", "@", "a@", "senha e ", "senha: ", "1.", "11144477735 ", "a.", " ", "senha é x ", "cpf ", '"', "e"],
)
def test_time_grows_with_the_length_only(unit: str) -> None:
    def seconds(size: int) -> float:
        text = (unit * size)[:size]
        best = []
        for _ in range(5):
            started = time.process_time()
            redact(text)
            best.append(time.process_time() - started)
        return min(best)

    assert seconds(32_000) < 80 * max(seconds(2_000), 0.0005)  # 16 times the text; quadratic would be 256
