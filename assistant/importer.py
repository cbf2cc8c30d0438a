"""Rasa's importer of the help center: data/help_center.yml becomes intents, slots, responses and rules at `rasa train`.

Configured in config.yml. The files are read from the working directory, not beside config.yml: `rasa test nlu
--cross-validation` moves config.yml to a temporary folder.
"""

from pathlib import Path
from typing import Any, Dict, List, Optional

from rasa.shared.core.domain import Domain
from rasa.shared.core.training_data.story_reader.yaml_story_reader import YAMLStoryReader
from rasa.shared.core.training_data.structures import StoryGraph
from rasa.shared.exceptions import RasaException
from rasa.shared.importers.rasa import RasaFileImporter
from rasa.shared.nlu.training_data.training_data import TrainingData

from assistant.content.assembly import domain_fragment, rules
from assistant.content.checks import example_problems
from assistant.content.city import City, load_city
from assistant.content.examples import load_examples
from assistant.content.help_center import load_help_center
from assistant.content.labels import load_labels
from assistant.content.yaml_source import ContentError, read_yaml

Responses = Dict[str, List[Dict[str, Any]]]


class ContentRefused(RasaException):
    """The content is broken; the message has every problem with file and line. Rasa's commands print it and exit 1."""


class HelpCenterImporter(RasaFileImporter):
    """Rasa's own files plus the help center. Raises ContentRefused: nothing is trained on broken content."""

    def __init__(
        self,
        config_file: Optional[str] = None,
        domain_path: Optional[str] = None,
        training_data_paths: Optional[Any] = None,
    ) -> None:
        super().__init__(config_file, domain_path, training_data_paths)
        self._root = Path.cwd()
        self._examples_checked = False
        try:
            self._city = load_city(self._root)
            self._help_center = load_help_center(self._root)
            self._labels = load_labels(self._root)
        except ContentError as error:
            raise ContentRefused(str(error)) from error

    def get_domain(self) -> Domain:
        """domain.yml, its placeholders filled with the city's facts, merged with the help center."""
        domain = super().get_domain()
        if not self._domain_path:
            return domain
        own = domain.as_dict()
        own["responses"] = fill_responses(own.get("responses", {}), self._city)
        fragment = domain_fragment(self._help_center, self._city, self._labels)
        _extend_follow_ups(own["responses"], fragment["responses"])
        return Domain.from_dict(own).merge(Domain.from_dict(fragment))

    def get_stories(self, exclusion_percentage: Optional[int] = None) -> StoryGraph:
        """The project's own rules and stories, and one rule for each intent of the help center."""
        own = super().get_stories(exclusion_percentage)
        reader = YAMLStoryReader(self.get_domain())
        content = {"version": "3.1", "rules": rules(self._help_center, self._intents_with_rules())}
        return own.merge(StoryGraph(reader.read_from_parsed_yaml(content)))

    def get_nlu_data(self, language: Optional[str] = "en") -> TrainingData:
        """The examples, once they are known to be good: Rasa trains without those of an intent that has none."""
        if not self._examples_checked:
            self._check_examples()
            self._examples_checked = True
        return super().get_nlu_data(language)

    def _check_examples(self) -> None:
        try:
            problems = list(example_problems(self._help_center, load_examples(self._root), self._root))
        except ContentError as error:
            raise ContentRefused(str(error)) from error
        if problems:
            raise ContentRefused(str(ContentError(problems)))

    def _intents_with_rules(self) -> List[str]:
        """Intents that data/rules.yml answers itself: the help center makes no second rule for them."""
        document = read_yaml(self._root, Path("data/rules.yml"))
        return [
            rule["steps"][0]["intent"]
            for rule in document["rules"]
            if "condition" not in rule and "intent" in rule["steps"][0]
        ]


def fill_responses(responses: Responses, city: City) -> Responses:
    """The same responses with the city's placeholders filled; a paragraph that names an unset one is left out."""
    return {
        name: [
            {**variation, "text": city.fill_paragraphs(variation["text"])} if "text" in variation else dict(variation)
            for variation in variations
        ]
        for name, variations in responses.items()
    }


def _extend_follow_ups(own: Responses, made: Responses) -> None:
    """Follow-ups need both: the city's default (no topic in course) and the answers by topic. Moves the former."""
    for name in [name for name in own if name in made]:
        made[name] = [*made[name], *own.pop(name)]
