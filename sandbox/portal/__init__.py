"""A model of the portal backend: honest about being one, described by docs/portal-openapi.yml."""
