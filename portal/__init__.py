"""Client of the portal backend: processes, pendencies and granted views, typed, in time, and with honest errors.

async with PortalClient(PortalSettings.from_env(os.environ)) as portal:
    process = await portal.find_process("PMP", 2023, 500100)
"""

from portal._client import PortalClient
from portal._config import CircuitPolicy, PortalSettings, RetryPolicy
from portal._exceptions import (
    BrokenAnswer,
    CircuitOpen,
    ConfigurationError,
    CredentialsRefused,
    DefiniteAnswer,
    Down,
    InvalidRequest,
    NotAParty,
    NotFound,
    PortalError,
    Restricted,
    SeveralFound,
    Slow,
    Unavailable,
)
from portal._models import (
    BRASILIA,
    PENDENCY_TYPES,
    SIGNATURE,
    Document,
    GrantedView,
    Movement,
    Page,
    Party,
    Pendency,
    Process,
    ProcessSummary,
)

__all__ = [
    "BRASILIA",
    "PENDENCY_TYPES",
    "SIGNATURE",
    "BrokenAnswer",
    "CircuitOpen",
    "CircuitPolicy",
    "ConfigurationError",
    "CredentialsRefused",
    "DefiniteAnswer",
    "Document",
    "Down",
    "GrantedView",
    "InvalidRequest",
    "Movement",
    "NotAParty",
    "NotFound",
    "Page",
    "Party",
    "Pendency",
    "PortalClient",
    "PortalError",
    "PortalSettings",
    "Process",
    "ProcessSummary",
    "Restricted",
    "RetryPolicy",
    "SeveralFound",
    "Slow",
    "Unavailable",
]
