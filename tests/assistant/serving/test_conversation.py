"""Conversations with the help center: follow-ups, guided mode, fallback. No action server is running."""

import time

import pytest

from tests.assistant.serving.rasa_server import Conversation

MINUTE = 60.0


def titles(conversation: Conversation) -> list:
    return [button["title"] for button in conversation.buttons]


def test_a_follow_up_is_answered_from_the_topic_in_course(conversation: Conversation) -> None:
    conversation.say("esqueci minha senha")
    assert "senha nova" in conversation.say("e depois?")
    conversation.say("como faço para assinar um documento?")
    assert "senha nova" not in conversation.say("e depois?")


def test_without_a_topic_a_follow_up_asks_which_one(conversation: Conversation) -> None:
    assert "assunto" in conversation.say("e depois?")
    assert "Criar conta" in titles(conversation)


def test_a_short_message_goes_on_with_the_topic_in_course(conversation: Conversation) -> None:
    conversation.say("esqueci minha senha")
    assert "setor de informática" not in conversation.say("o e-mail não chegou")
    assert "senha nova" in conversation.say("e depois?")
    assert "setor de informática" in conversation.say("não recebi o link de confirmação do cadastro")


def test_without_a_topic_a_short_message_asks_which_one_and_offers_the_likeliest(conversation: Conversation) -> None:
    assert "assunto" in conversation.say("o campo não deixa editar")
    assert titles(conversation)[:2] == ["Trocar o e-mail", "Criar conta"]


def test_a_message_that_waited_through_an_outage_finds_the_conversation_as_it_was(conversation: Conversation) -> None:
    """Written a minute after the one before, worked on two hours later: a session lasts one hour."""
    conversation.say("esqueci minha senha")
    conversation.say("passo a passo")
    conversation.grow_older(120 * MINUTE)
    assert "passo 2 de 6" in conversation.say("próximo", received_at=time.time() - 119 * MINUTE)
    assert "passo 3 de 6" in conversation.say("próximo", received_at=time.time() - 118 * MINUTE)


def test_a_message_of_long_ago_is_another_conversation(conversation: Conversation) -> None:
    """However close the two turns were worked on: what counts is when the citizen wrote."""
    conversation.say("esqueci minha senha", received_at=time.time() - 61 * MINUTE)
    assert "assunto" in conversation.say("e depois?", received_at=time.time())


def test_the_age_is_counted_between_messages_and_not_turns(conversation: Conversation) -> None:
    written = time.time() - 110 * MINUTE
    for number in range(3):
        conversation.say("esqueci minha senha", received_at=written + number * 50 * MINUTE)
    assert "senha nova" in conversation.say("e depois?", received_at=written + 105 * MINUTE)


def test_never_the_same_text_twice_in_a_row(conversation: Conversation) -> None:
    said = [conversation.say("esqueci minha senha") for _ in range(4)]
    said += [conversation.say("não entendi") for _ in range(4)]
    said += [conversation.say("oi") for _ in range(4)]
    said += [conversation.say("ipva de carro velho") for _ in range(4)]
    assert all(first != second for first, second in zip(said, said[1:]))


def test_guided_mode_survives_a_question_in_between(conversation: Conversation) -> None:
    conversation.say("esqueci minha senha")
    assert "passo 1 de" in conversation.press("Passo a passo")
    assert "passo 2 de" in conversation.say("próximo")
    conversation.say("o que é PMP?")
    assert titles(conversation)[0] == "Voltar ao passo 2"
    assert "passo 3 de" in conversation.say("pronto, fiz")
    assert "passo 2 de" in conversation.press("Voltar")
    conversation.press("Sair")
    assert "passo" not in conversation.say("e depois?")


def test_guided_mode_ends_after_the_last_step(conversation: Conversation) -> None:
    conversation.say("esqueci minha senha")
    text = conversation.say("passo a passo")
    steps = 0
    while "passo" in text and "Próximo" in titles(conversation) and steps < 20:
        text = conversation.press("Próximo")
        steps += 1
    assert steps == 6
    assert "Próximo" not in titles(conversation)


def test_what_is_not_understood_offers_three_topics_a_person_and_the_menu(conversation: Conversation) -> None:
    conversation.say("xyzzy plugh frobnicate")
    assert len(conversation.buttons) == 5
    assert titles(conversation)[3:] == ["Falar com uma pessoa", "Ver o menu"]


def test_twice_in_a_row_offers_a_person_first(conversation: Conversation) -> None:
    conversation.say("xyzzy plugh frobnicate")
    conversation.say("grault garply waldo")
    assert titles(conversation)[0] == "Falar com uma pessoa"


def test_a_word_that_says_too_little_is_asked_about(conversation: Conversation) -> None:
    conversation.say("senha")
    assert "Recuperar a senha" in titles(conversation)
    assert "Entrar no portal" in titles(conversation)


def test_another_subject_is_said_to_be_not_covered(conversation: Conversation) -> None:
    assert "prefeitura" in conversation.say("segunda via do iptu")
    assert "Falar com uma pessoa" in titles(conversation)


def test_of_two_questions_the_first_is_answered_and_the_second_offered(conversation: Conversation) -> None:
    text = conversation.say("como assino e onde vejo meus processos?")
    assert "certificado" in text.lower()
    assert "Meus processos" in text.split("\n\n")[-1]
    assert titles(conversation)[0] == "Meus processos"
    assert len(titles(conversation)) == 3


def test_the_second_question_is_one_touch_away(conversation: Conversation) -> None:
    conversation.say("esqueci a senha. e o email também mudou, como troco?")
    assert titles(conversation)[0] == "Trocar o e-mail"
    assert "Meus Dados" in conversation.press("Trocar o e-mail")


@pytest.mark.parametrize(
    "text",
    [
        "já confirmei no e-mail. e agora, por onde entro?",
        "tenho mais de uma pendência. qual eu respondo?",
    ],
)
def test_one_question_in_two_sentences_is_one_question(conversation: Conversation, text: str) -> None:
    assert "também perguntou" not in conversation.say(text)
