"""What Rasa does over again at every turn, done once. By profile, these were 40 % of a turn's time.

Rasa has no setting for any of it, so `install` puts the methods in place of its own; what they return is the same.
"""

import json
from collections import defaultdict
from functools import cache
from typing import Any, Dict, Iterable, List, Optional, Set, Tuple

from jsonschema.validators import validator_for
from rasa.core.actions.action import RemoteAction
from rasa.core.policies.rule_policy import RULES, RULES_FOR_LOOP_UNHAPPY_PATH, RulePolicy
from rasa.shared.core.constants import ACTION_LISTEN_NAME, PREVIOUS_ACTION, SHOULD_NOT_BE_SET, USER
from rasa.shared.core.domain import State
from rasa.shared.nlu.constants import ACTION_NAME, INTENT, TEXT

_Key = Tuple[Optional[str], Optional[str]]
_find_action_from_rules = RulePolicy._find_action_from_rules


def install() -> None:
    """From now on every rule policy and every call of the action server in this process is quicker."""
    RulePolicy._get_possible_keys = _possible_keys
    RulePolicy._find_action_from_rules = _find_action
    RulePolicy.format_tracker_states = staticmethod(_not_formatted)
    RemoteAction._validate_action_result = _validate


class RuleIndex:
    """The rules by the last of their states: what was done last and what the citizen wants."""

    def __init__(self, keys: Iterable[str]) -> None:
        self._starting: List[str] = []  # without a last action they fit the start of a conversation
        self._by_state: Dict[_Key, List[str]] = defaultdict(list)
        self.needs_text = False
        """Whether a rule can look at a message's text: only then are there two ways to understand it."""
        for key in keys:
            states = json.loads(key)
            action, intent = _place(states[-1])
            if action is None:
                self._starting.append(key)
            else:
                self._by_state[action, intent].append(key)
            listens = action in (None, ACTION_LISTEN_NAME)
            self.needs_text |= any(TEXT in state.get(USER, {}) for state in states) or (listens and intent is None)

    def candidates(self, state: State) -> Set[str]:
        """Every rule that can apply in this state, and few others."""
        action, intent = _place(state)
        found = {*self._starting, *self._by_state.get((action, None), ())}
        return found.union(self._by_state.get((action, intent), ()))


def _place(state: State) -> _Key:
    intent = state.get(USER, {}).get(INTENT)
    return state.get(PREVIOUS_ACTION, {}).get(ACTION_NAME), None if intent == SHOULD_NOT_BE_SET else intent


def _index(policy: RulePolicy, lookup: Dict[str, str]) -> RuleIndex:
    indexes: Dict[int, Tuple[Dict[str, str], RuleIndex]] = policy.__dict__.setdefault("_rule_indexes", {})
    if id(lookup) not in indexes:
        indexes[id(lookup)] = (lookup, RuleIndex(lookup))  # with the lookup, so that its id stays its own
    return indexes[id(lookup)][1]


def _possible_keys(policy: RulePolicy, lookup: Dict[str, str], states: List[State]) -> Set[str]:
    """The rules that apply. Rasa compares each of them with each state of the conversation."""
    keys = _index(policy, lookup).candidates(states[-1]) if states else set(lookup)
    for number, state in enumerate(reversed(states)):
        keys = {key for key in keys if policy._is_rule_applicable(key, number, state)}
    return keys


def _find_action(policy: RulePolicy, tracker: Any, domain: Any, use_text_for_last_user_input: bool) -> Any:
    """Rasa looks for a rule twice at each message, by its text and by its intent. Ours have no texts."""
    if use_text_for_last_user_input:
        lookups = (policy.lookup[RULES], policy.lookup[RULES_FOR_LOOP_UNHAPPY_PATH])
        if not any(_index(policy, lookup).needs_text for lookup in lookups):
            return None, None, False
    return _find_action_from_rules(policy, tracker, domain, use_text_for_last_user_input)


def _not_formatted(states: List[State]) -> str:
    """Instead of the whole conversation in a debug line that nobody reads."""
    return f"{len(states)} states"


def _validate(_: RemoteAction, result: Dict[str, Any]) -> bool:
    """The action server's answer against Rasa's schema."""
    _answer_validator().validate(result)
    return True


@cache
def _answer_validator() -> Any:
    """jsonschema.validate checks the schema itself at every call, which takes ten times as long as the answer."""
    schema = RemoteAction.action_response_format_spec()
    kind = validator_for(schema)
    kind.check_schema(schema)
    return kind(schema)
