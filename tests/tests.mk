# Targets that test and measure; included by the Makefile.

UNIT_TESTS := $(patsubst tests/unit/%.c,$(BUILD)/tests/unit/%,$(wildcard tests/unit/*.c))

demo: ## real clients and a scanner against a protected host, in namespaces
	tests/demo.sh

check: ## build and run every test; the last line is "N passed, N failed, N skipped"
	tests/run

# What tests/run runs; a second build of the binary dies on demand.
tests: all $(UNIT_TESTS) ## build the tests
	$(Q)$(MAKE) BUILD=$(BUILD)/faults FAULTS=1 all

# Pure modules alone: one that reaches for the kernel does not link.
$(BUILD)/tests/unit/%: tests/unit/%.c $(PURE_OBJECTS)
	@mkdir -p $(@D)
	$(call say,TEST,$<)
	$(Q)$(CC) $(CFLAGS) $(USER_CFLAGS) -Iuser -MMD -MP -o $@ $< $(PURE_OBJECTS) -lcmocka

-include $(wildcard $(BUILD)/tests/unit/*.d)

.PHONY: demo check tests
