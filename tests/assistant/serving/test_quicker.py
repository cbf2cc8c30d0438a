"""What is done once instead of at every turn gives the same as Rasa's own code."""

import itertools
import json
import tarfile
from typing import Any, Dict, List

import pytest
from jsonschema import ValidationError
from rasa.core.actions.action import RemoteAction
from rasa.core.policies.rule_policy import RULES, RULES_FOR_LOOP_UNHAPPY_PATH, RulePolicy

from assistant.serving import quicker
from assistant.serving.quicker import RuleIndex
from tests.assistant.serving.rasa_server import MODEL


@pytest.fixture(scope="module")
def lookup() -> Dict[str, Any]:
    """The rules of the trained model."""
    with tarfile.open(MODEL) as archive:
        (member,) = [one for one in archive.getmembers() if one.name.endswith("rule_policy.json")]
        return dict(json.load(archive.extractfile(member))["lookup"])


def _policy(lookup: Dict[str, Any]) -> RulePolicy:
    policy = RulePolicy.__new__(RulePolicy)
    policy.lookup = lookup
    return policy


def _compared(policy: RulePolicy, rules: Dict[str, str], states: List[Dict[str, Any]]) -> int:
    theirs = {key for key in rules if _applies(policy, key, states)}
    assert quicker._possible_keys(policy, rules, states) == theirs, states
    return len(theirs)


def _states(key: str) -> List[Dict[str, Any]]:
    """The states that a rule is kept for, as a conversation has them: there entities are tuples."""
    states: List[Dict[str, Any]] = json.loads(key)
    for state in states:
        said = state.get("user", {})
        if "entities" in said:
            said["entities"] = tuple(said["entities"])
    return states


def _applies(policy: RulePolicy, key: str, states: List[Dict[str, Any]]) -> bool:
    """Rasa's definition: the rule applies to each state, the latest first."""
    return all(policy._is_rule_applicable(key, number, state) for number, state in enumerate(reversed(states)))


@pytest.mark.parametrize("name", [RULES, RULES_FOR_LOOP_UNHAPPY_PATH])
def test_the_index_finds_every_rule_that_applies(lookup: Dict[str, Any], name: str) -> None:
    """Every state of every rule, as the last and after every last state of others, inside and outside the form."""
    rules = lookup[name]
    policy = _policy(lookup)
    told = [_states(key) for key in rules]
    applied = sum(_compared(policy, rules, states) for states in told)
    latest = [states[-1] for states in told]
    for before, after in itertools.product(latest[::20], latest):
        _compared(policy, rules, [{}, before, after])
        _compared(policy, rules, [before, {**after, "active_loop": {"name": "process_form"}}])
        _compared(policy, rules, [before, {key: value for key, value in after.items() if key != "user"}])
    assert applied >= len(rules)


def test_none_of_the_project_s_rules_looks_at_a_text(lookup: Dict[str, Any]) -> None:
    assert not RuleIndex(lookup[RULES]).needs_text
    assert not RuleIndex(lookup[RULES_FOR_LOOP_UNHAPPY_PATH]).needs_text


@pytest.mark.parametrize(
    "rule",
    [
        [{"prev_action": {"action_name": "action_listen"}, "user": {"text": "oi"}}],
        [{"prev_action": {"action_name": "action_listen"}}],
        [
            {"prev_action": {"action_name": "action_listen"}, "user": {"text": "oi"}},
            {"prev_action": {"action_name": "a"}},
        ],
    ],
)
def test_a_rule_that_may_fit_a_text_is_noticed(rule: List[Dict[str, Any]]) -> None:
    assert RuleIndex([json.dumps(rule)]).needs_text


def test_a_wrong_answer_of_the_action_server_is_still_refused() -> None:
    action = RemoteAction("action_show_process", None)
    assert quicker._validate(action, {"events": [], "responses": []})
    with pytest.raises(ValidationError):
        quicker._validate(action, {"events": "none", "responses": []})
