"""Every number of a message that could be one of a process, in order."""

from collections.abc import Iterator

from assistant.process_reference.apart import apart
from assistant.process_reference.candidate import Candidate
from assistant.process_reference.reading import Reading
from assistant.process_reference.together import tied_end, together
from assistant.process_reference.tokens import Kind


def candidates(reading: Reading) -> Iterator[Candidate]:
    """Every number that could be one of a process, in the order of the text. Bare years are none."""
    position = 0
    tokens = reading.tokens
    while position < len(tokens):
        if tokens[position].kind is not Kind.NUMBER:
            position += 1
            continue
        found = together(reading, position) or apart(reading, position)
        if found is not None:
            yield found
            position = max(found.year_at + 1, tied_end(reading, found.last))
        else:
            position = tied_end(reading, position)
