# Everything a user does, each a thin call of infra/cli. `make` alone lists it.
STACK ?= dev
export STACK

.DEFAULT_GOAL := help
.PHONY: help start stop clean status preview pulumi backup restore test demo replay simulate

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo "  STACK=$(STACK) (another: make start STACK=<name>)"

start: ## everything: dependencies, the Pulumi CLI, then the stack
	@infra/cli/make.sh start

status: ## services, workers, rows and freshness per fact, lag, dead letters
	@infra/cli/make.sh status $(ARGS)

stop: ## ends all that runs; data stays in .trading where config onDelete says keep (dev does)
	@infra/cli/make.sh stop

clean: ## ends all that runs, of every stack, and removes data, logs and Pulumi's state
	@infra/cli/make.sh clean

preview: ## what `make start` would change, column by column
	@infra/cli/make.sh preview $(ARGS)

pulumi: ## any pulumi command: make pulumi ARGS="stack output"
	@PULUMI_STACK=$(STACK) infra/cli/pulumi.sh $(ARGS)

backup: ## every table of a running stack into a folder: make backup ARGS="--to FOLDER"
	@infra/cli/make.sh backup $(ARGS)

restore: ## what a backup holds into a running stack: make restore FROM=backups/dev/...
	@infra/cli/make.sh restore $(if $(FROM),'$(FROM)') $(ARGS)

test: ## all tests
	@infra/cli/make.sh run test

demo: ## the data collection alone, with a line every few seconds of what came
	@infra/cli/make.sh demo

replay: ## serves recorded market data: make replay ARGS="--speed 10"
	@infra/cli/make.sh replay $(ARGS)

simulate: ## a simulated venue: make simulate ARGS="--accounts 1000 --minutes 100", or one attack now: make simulate SCENARIO=account-takeover
	@infra/cli/make.sh simulate $(if $(SCENARIO),--stage '$(SCENARIO)') $(ARGS)
