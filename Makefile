# The same few commands everywhere; .ci/run calls them too. `make help` lists them.

export RASA_TELEMETRY_ENABLED = false
export TF_CPP_MIN_LOG_LEVEL = 2
export SQLALCHEMY_SILENCE_UBER_WARNING = 1

GUICHE = .venv/bin/guiche
PYTHON = .venv/bin/python
RASA_PYTHON = .venv-rasa/bin/python
PACKAGES = bot actions portal sandbox
LINTED = $(PACKAGES) assistant benchmarks tests deploy

.PHONY: help environments serve test check train evaluate thresholds trials learning bench bench-understanding soak lock
.DEFAULT_GOAL := help

help: ## mostra esta lista
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-19s %s\n", $$1, $$2 }' Makefile

environments:
	@sh scripts/bootstrap.sh

serve: environments ## prepara o que falta, treina se preciso e abre o chat (porta: GUICHE_PORT, 8000)
	@$(GUICHE) serve

test: environments ## roda todos os testes, nos dois ambientes
	@$(GUICHE) train
	@sh scripts/test.sh

check: environments ## confere código (ruff, mypy) e conteúdo (rasa data validate, guiche check)
	@$(PYTHON) -m ruff check $(LINTED)
	@$(PYTHON) -m ruff format --check $(LINTED)
	@$(PYTHON) -m mypy $(PACKAGES)
	@$(PYTHON) -m mypy --config-file assistant/mypy.ini assistant
	@$(PYTHON) -m yamllint -s -d '{rules: {key-duplicates: enable}}' data/front_desk.yml data/terminal.yml data/city.yml
	@$(GUICHE) check
	@.venv-rasa/bin/rasa data validate
	@$(PYTHON) -m pytest tests --ignore=tests/assistant --collect-only -qq >/dev/null || \
		{ echo "um arquivo de teste não pôde ser lido:"; $(PYTHON) -m pytest tests --ignore=tests/assistant --collect-only -qq; exit 1; }

train: environments ## treina o modelo, se o conteúdo mudou
	@$(GUICHE) train

evaluate: environments ## mede o entendimento nos conjuntos de teste e por validação cruzada, com figuras (PNG)
	@$(GUICHE) train
	@$(RASA_PYTHON) -m assistant.evaluation.project

thresholds: environments ## escolhe os limiares de config.yml pelos dados e mostra as tabelas
	@$(RASA_PYTHON) -m assistant.evaluation.thresholds

trials: environments ## mede o que foi experimentado no classificador (leva uns 20 minutos)
	@nice -n 10 $(RASA_PYTHON) -m assistant.evaluation.trials

learning: environments ## mede quanto mais exemplos ajudariam e desenha a curva (leva minutos)
	@nice -n 10 $(RASA_PYTHON) -m assistant.evaluation.learning

bench: environments ## mede o sistema ao lado do Rasa padrão (15 minutos; a primeira vez, 21)
	@$(PYTHON) -m benchmarks.performance

bench-understanding: environments ## lado a lado com o pipeline padrão do Rasa (leva minutos)
	@nice -n 10 $(RASA_PYTHON) -m benchmarks.understanding

soak: environments ## falhas de verdade sob carga, com dois de cada parte: make soak SECONDS=600 (uma volta leva uns 8 minutos)
	@$(GUICHE) train
	@$(PYTHON) -m tests.faults.soak --seconds $(or $(SECONDS),0)

lock: ## refaz requirements/*.txt a partir de requirements/*.in
	@uv=$$(sh scripts/bootstrap.sh uv) && \
	for pair in guiche:3.13 rasa:3.10; do \
		name=$${pair%%:*}; \
		echo "requirements/$$name.txt"; \
		$$uv pip compile --quiet --universal --generate-hashes --no-emit-index-url \
			--custom-compile-command 'make lock' \
			--python-version $${pair##*:} requirements/$$name.in -o requirements/$$name.txt || exit 1; \
	done
