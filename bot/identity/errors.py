"""Why somebody could not sign in. ``reason`` names the sentence (data/front_desk.yml, login) for the page and the chat.

LoginError
├── ProviderDown       the provider does not answer, or not as one: try later
├── ProviderRefused    it did not take the code: used, too old, another client's
├── TokenRefused       the token is not for us, or not the provider's
├── ClockSkewed        the token's times are not now's
├── IdentityUnusable   it does not say which person it is
└── LevelTooLow        the account's trust level is below the minimum
"""


class LoginError(Exception):
    """The message is for the log: it never holds a code, a token or a document."""

    reason = "refused"


class ProviderDown(LoginError):
    reason = "provider_down"


class ProviderRefused(LoginError):
    reason = "refused"


class TokenRefused(LoginError):
    reason = "refused"


class ClockSkewed(LoginError):
    reason = "clock"


class IdentityUnusable(LoginError):
    reason = "refused"


class LevelTooLow(LoginError):
    reason = "level"
