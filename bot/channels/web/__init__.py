"""The website: a signed session in a cookie, messages by POST, answers by Server-Sent Events."""
