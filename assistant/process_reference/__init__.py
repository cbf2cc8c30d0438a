"""Finding a process in what people write: "PMP 2023/500100", "o 500100 de 2023 da prefeitura", "semae 21 barra 455".

`find_reference` for any message, `find_parts` while a form asks for órgão, year or number; `names_another` tells that
the numbers of a message are a law's, a phone's. They take an AgencyIndex (build it once) or the list of órgãos of
data/city.yml. No dependency on Rasa.
"""

from assistant.process_reference.agencies import AgencyIndex
from assistant.process_reference.finder import Reference, find_reference, names_another
from assistant.process_reference.parts import Asked, Parts, find_parts

__all__ = ["AgencyIndex", "Asked", "Parts", "Reference", "find_parts", "find_reference", "names_another"]
