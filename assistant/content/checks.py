"""What `make check` verifies of the content, and what training refuses."""

import re
from pathlib import Path
from typing import Any, Dict, Iterator, List, Sequence, Set

from rapidfuzz import fuzz, process

from assistant.content.city import load_city
from assistant.content.entries import TITLE_LIMIT, HelpCenter
from assistant.content.examples import NLU_FILE, Example, by_intent, load_examples
from assistant.content.help_center import FILE, load_help_center
from assistant.content.labels import load_labels
from assistant.content.yaml_source import ContentError, Problem, line_of, read_yaml
from assistant.evaluation.lines import SETS, read_lines
from assistant.nlu.normalise import normalise

DOMAIN_FILE = Path("domain.yml")
MIN_EXAMPLES = 40  # that differ in more than case, accents and spelling of abbreviations
NEAR_DUPLICATE = 90  # percent of rapidfuzz's ratio, over normalised texts of NEAR_WORDS words or more
NEAR_WORDS = 2
HELD_OUT = tuple(SETS.values())  # what understanding is measured on
HELD_OUT_NEAR = 90  # a training example this near to a held-out line would spoil the measurement
HELD_OUT_WORDS = 5
_PAYLOAD = re.compile(r"/([a-z][a-z0-9_]*)")
# Set by the conversation (ConversationContext) or by buttons, never learned from examples.
NEVER_LEARNED = frozenset(
    {"nlu_fallback", "followup_unsaid", "guide_go", "look_up_process", "retry_process", "own_item"}
)


def check_content(root: Path) -> List[Problem]:
    """Every problem of the help center, the city, the examples and the domain's buttons."""
    problems: List[Problem] = []
    help_center = _load(problems, load_help_center, root)
    _load(problems, load_city, root)
    _load(problems, load_labels, root)
    examples = _load(problems, load_examples, root)
    if help_center and examples:
        problems += example_problems(help_center, examples, root)
        problems += _near_problems(examples, root)
        problems += _button_problems(help_center, root)
    return problems


def _load(problems: List[Problem], load: Any, root: Path) -> Any:
    try:
        return load(root)
    except ContentError as error:
        problems += error.problems
        return None


def example_problems(help_center: HelpCenter, examples: List[Example], root: Path) -> Iterator[Problem]:
    """What no training can do with: intents with too few examples or that do not exist, and examples given twice."""
    grouped = by_intent(examples)
    known = _intents(help_center, root)
    yield from _missing_examples(help_center, grouped, root)
    for intent, lines in grouped.items():
        if intent not in known:
            yield Problem(str(NLU_FILE), lines[0].line, f"{intent}: há exemplos, mas o assunto não existe")
    yield from _duplicates(examples)


def _near_problems(examples: List[Example], root: Path) -> Iterator[Problem]:
    """Examples that are nearly one of another intent, or nearly one that understanding is measured on."""
    yield from _near_duplicates(examples)
    for row in near_held_out([example.text for example in examples], root):
        example = examples[row]
        yield Problem(str(NLU_FILE), example.line, f"perto demais de uma linha de teste: “{example.text}”")


def _missing_examples(help_center: HelpCenter, grouped: Dict[str, List[Example]], root: Path) -> Iterator[Problem]:
    lines = _intent_lines(root)
    for intent in help_center.topic_of():
        count = _different(grouped.get(intent, []))
        if count < MIN_EXAMPLES:
            message = f"{intent}: tem {count} exemplos em {NLU_FILE}; precisa de pelo menos {MIN_EXAMPLES}"
            yield Problem(FILE, lines.get(intent, 1), message)
    own = read_yaml(root, DOMAIN_FILE).get("intents") or []
    for index, intent in enumerate(own):
        if intent not in NEVER_LEARNED and _different(grouped.get(intent, [])) < MIN_EXAMPLES:
            yield Problem(str(DOMAIN_FILE), line_of(own, index), f"{intent}: precisa de {MIN_EXAMPLES} exemplos")


def _different(examples: List[Example]) -> int:
    return len({normalise(example.text) or example.text for example in examples})


def _duplicates(examples: List[Example]) -> Iterator[Problem]:
    seen: Dict[str, Example] = {}
    for example in examples:
        first = seen.setdefault(normalise(example.text) or example.text, example)
        if first is not example and first.intent != example.intent:
            where = f"já está em {first.intent}, linha {first.line}"
            yield Problem(str(NLU_FILE), example.line, f"o mesmo exemplo em dois assuntos: “{example.text}” ({where})")
        elif first is not example and first.text == example.text:
            yield Problem(str(NLU_FILE), example.line, f"exemplo repetido: “{example.text}” (linha {first.line})")


def _near_duplicates(examples: List[Example]) -> Iterator[Problem]:
    """Nearly the same line under two intents: one of them is wrong, or both teach nothing."""
    long = [(example, normalise(example.text)) for example in examples]
    long = [(example, text) for example, text in long if len(text.split()) >= NEAR_WORDS]
    texts = [text for _, text in long]
    scores = process.cdist(texts, texts, scorer=fuzz.ratio, score_cutoff=NEAR_DUPLICATE, workers=-1)
    for row, column in zip(*scores.nonzero()):
        first, second = long[row][0], long[column][0]
        if row < column and first.intent != second.intent and texts[row] != texts[column]:
            message = f"quase igual a “{first.text}” ({first.intent}, linha {first.line}): “{second.text}”"
            yield Problem(str(NLU_FILE), second.line, message)


def near_held_out(texts: Sequence[str], root: Path) -> List[int]:
    """Places in `texts` of those too near to a line that understanding is measured on."""
    held = {normalise(line.text) for path in HELD_OUT if (root / path).exists() for line in read_lines(root / path)}
    long = sorted(text for text in held if len(text.split()) >= HELD_OUT_WORDS)
    scores = process.cdist(
        [normalise(text) for text in texts], long, scorer=fuzz.ratio, score_cutoff=HELD_OUT_NEAR, workers=-1
    )
    return sorted({int(row) for row in scores.nonzero()[0]})


def _button_problems(help_center: HelpCenter, root: Path) -> Iterator[Problem]:
    """Buttons of domain.yml must lead to an intent that exists and fit the narrowest channel."""
    known = _intents(help_center, root)
    for name, variations in (read_yaml(root, DOMAIN_FILE).get("responses") or {}).items():
        for variation in variations:
            for button in variation.get("buttons") or []:
                match = _PAYLOAD.match(str(button.get("payload")))
                if not match or match.group(1) not in known:
                    yield Problem(str(DOMAIN_FILE), line_of(button), f"{name}: botão leva a {button.get('payload')}")
                if len(str(button.get("title"))) > TITLE_LIMIT:
                    yield Problem(str(DOMAIN_FILE), line_of(button), f"{name}: botão longo: {button.get('title')}")


def _intents(help_center: HelpCenter, root: Path) -> Set[str]:
    own = read_yaml(root, DOMAIN_FILE).get("intents") or []
    ambiguous = {f"ambiguous_{word.name}" for word in help_center.ambiguous_words}
    return set(help_center.topic_of()) | {str(intent) for intent in own} | ambiguous


def _intent_lines(root: Path) -> Dict[str, int]:
    lines = {}
    for number, line in enumerate((root / FILE).read_text(encoding="utf-8").splitlines(), start=1):
        found = re.match(r"\s*- intent:\s*(\S+)", line)
        if found:
            lines[found.group(1)] = number
    return lines
