"""An OpenID provider for the demo and the tests: it behaves as gov.br's guide says, oddities included."""
