"""A short message that names no other topic goes on with the topic in course."""

from typing import Dict, Optional, Sequence, Tuple

import pytest
from rasa.shared.core.events import ActionExecuted, SlotSet
from rasa.shared.core.slots import TextSlot
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import ENTITIES, INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message

from assistant.content.entries import Detail, HelpCenter, Topic
from assistant.nlu.in_course import TopicInCourse


def _topic(
    intent: str, details: Sequence[Detail] = (), words: Sequence[str] = (), elsewhere: Optional[str] = None
) -> Topic:
    return Topic(intent, intent, "", "", "", details=details, words=words, elsewhere=elsewhere)


def _detail(intent: str, elsewhere: Optional[str], words: Sequence[str] = ()) -> Detail:
    return Detail(intent, intent, "", "", "", words=words, elsewhere=elsewhere)


HELP_CENTER = HelpCenter(
    [
        _topic("mail", words=["email*", "link*", "cadastr*"], elsewhere="missing"),
        _topic("password", words=["senha*", "email*", "link*"]),
        _topic("address", [_detail("locked", "missing", ["email*"]), _detail("other_person", "unsaid")]),
        _topic(
            "sign", [_detail("option", "missing"), _detail("type", "again"), _detail("plain", None)], ["assin*", "a3"]
        ),
        _topic("papers", [_detail("papers_missing", "missing")], ["document*"]),
    ]
)


def conversation() -> DialogueStateTracker:
    tracker = DialogueStateTracker("c", [TextSlot("topic", mappings=[{}], influence_conversation=False)])
    tracker.update(ActionExecuted("action_listen"))
    return tracker


def meant(
    text: str,
    ranking: Sequence[Tuple[str, float]],
    topic: Optional[str] = None,
    kind: str = "answer",
    in_form: bool = False,
    **message: object,
) -> Message:
    """What becomes of a text that the classifier ranked so, while `topic` is in course."""
    tracker = conversation()
    if topic:
        tracker.update(SlotSet("topic", topic))
    likeliest = HELP_CENTER.topic_of().get(ranking[0][0], ranking[0][0])
    decision = {"kind": kind, "topics": [{"name": likeliest, "confidence": ranking[0][1]}], **message}
    given = Message(
        data={
            TEXT: text,
            INTENT: {"name": ranking[0][0] if kind == "answer" else "nlu_fallback", "confidence": ranking[0][1]},
            "intent_ranking": [{"name": name, "confidence": probability} for name, probability in ranking],
            "decision": decision,
        }
    )
    TopicInCourse(HELP_CENTER).apply(given, tracker, in_form)
    return given


def intent(text: str, ranking: Sequence[Tuple[str, float]], topic: Optional[str] = None, **more: object) -> str:
    return meant(text, ranking, topic, **more).get(INTENT)["name"]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "likeliest", "follow_up"),
    [
        ("não chegou", "mail", "followup_missing"),
        ("a opção sumiu", "option", "followup_missing"),
        ("qual dos dois?", "type", "followup_again"),
        ("outra pessoa pode ir?", "other_person", "followup_unsaid"),
    ],
)
def test_a_vague_message_becomes_the_follow_up_that_the_entry_names(text: str, likeliest: str, follow_up: str) -> None:
    assert intent(text, [(likeliest, 0.9)], "password") == follow_up


@pytest.mark.parametrize(
    ("text", "likeliest", "topic"),
    [
        ("não recebi o link do cadastro", "mail", "password"),  # a word that only the other topic has
        ("a opção de assinar não aparece", "option", "password"),
        ("a opçao de asinar nao aparece", "option", "password"),  # with a slip of the finger
        ("serve o A3?", "type", "password"),
        ("o e-mail não chegou", "mail", "papers"),
        ("o campo do e-mail não deixa", "locked", "papers"),
    ],
)
def test_a_message_that_names_the_other_topic_switches_to_it(text: str, likeliest: str, topic: str) -> None:
    assert intent(text, [(likeliest, 0.9)], topic) == likeliest


def test_a_word_that_both_topics_have_does_not_switch() -> None:
    assert intent("o e-mail não chegou", [("mail", 0.9)], "password") == "followup_missing"
    assert intent("cadê o link?", [("mail", 0.9)], "password") == "followup_missing"


def test_a_detail_of_the_topic_in_course_that_is_likely_enough_comes_before_the_follow_up() -> None:
    assert intent("não aparece nada", [("mail", 0.7), ("papers_missing", 0.2)], "papers") == "papers_missing"
    assert intent("não aparece nada", [("mail", 0.7), ("papers_missing", 0.05)], "papers") == "followup_missing"


def test_what_belongs_to_the_topic_in_course_is_left_alone() -> None:
    assert intent("a opção sumiu", [("option", 0.9)], "sign") == "option"
    assert intent("não chegou", [("mail", 0.9)], "mail") == "mail"


def test_an_entry_that_names_no_follow_up_is_left_alone() -> None:
    assert intent("e agora", [("plain", 0.9)], "password") == "plain"


def test_a_long_message_says_itself_what_it_is_about() -> None:
    long = "preenchi tudo ontem de noite com minha filha e até hoje nada chegou"
    assert intent(long, [("mail", 0.9)], "password") == "mail"


def test_two_questions_are_no_follow_up() -> None:
    assert intent("não chegou. e a vista?", [("mail", 0.9)], "password", second="vista") == "mail"


def test_a_reference_is_no_follow_up() -> None:
    message = Message(
        data={TEXT: "não aparece", INTENT: {"name": "mail"}, ENTITIES: [{"entity": "year", "value": "2023"}]}
    )
    tracker = conversation()
    tracker.update(SlotSet("topic", "password"))
    TopicInCourse(HELP_CENTER).apply(message, tracker, False)
    assert message.get(INTENT)["name"] == "mail"


def test_what_was_nearly_understood_goes_on_with_the_topic_in_course() -> None:
    assert intent("nada ainda", [("mail", 0.5)], "password", kind="offer") == "followup_missing"
    assert intent("blorfe", [("mail", 0.2)], "password", kind="offer") == "nlu_fallback"
    assert intent("nada ainda", [("mail", 0.5)], None, kind="offer") == "nlu_fallback"


def test_while_the_form_asks_only_what_was_surely_understood_is_a_question_in_between() -> None:
    assert intent("nada ainda", [("mail", 0.5)], "password", kind="offer", in_form=True) == "nlu_fallback"
    assert intent("não chegou", [("mail", 0.9)], "password", in_form=True) == "followup_missing"


def test_without_a_topic_in_course_it_asks_which_one_and_remembers_the_likeliest() -> None:
    message = meant("a opção sumiu", [("option", 0.9)])
    assert message.get(INTENT)["name"] == "followup_missing"
    assert message.get("decision")["about"] == "sign"


def test_a_clear_message_without_a_topic_in_course_is_answered() -> None:
    message = meant("a opção de assinar sumiu", [("option", 0.9)])
    assert message.get(INTENT)["name"] == "option"
    assert "about" not in message.get("decision")


def test_outside_a_conversation_nothing_changes() -> None:
    """Evaluation parses lines without one: the figures are the classifier's."""
    data: Dict[str, object] = {
        TEXT: "não chegou",
        INTENT: {"name": "mail", "confidence": 0.9},
        "decision": {"kind": "answer"},
    }
    message = Message(data=data)
    TopicInCourse(HELP_CENTER).apply(message, DialogueStateTracker.from_events("c", []), False)
    assert message.get(INTENT) == {"name": "mail", "confidence": 0.9}
