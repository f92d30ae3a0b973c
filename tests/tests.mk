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
	$(Q)$(CC) $(CFLAGS) $(USER_CFLAGS) -Iuser -MMD -MP -o $@ $< $(PURE_OBJECTS) \
		$(UNIT_LDFLAGS) -lcmocka

# --- unit: the pure modules alone, by prove; SANITIZE=1 under address and undefined ---
ifneq ($(SANITIZE),)
unit:
	$(Q)$(MAKE) --no-print-directory SANITIZE= BUILD=$(BUILD)/sanitize \
		CFLAGS='-O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all' unit
else
unit: $(UNIT_TESTS) ## run the unit tests alone; SANITIZE=1: under the sanitizers
	$(Q)prove --exec '' $(UNIT_TESTS)
endif

comma := ,
# This one stands between the modules and malloc().
$(BUILD)/tests/unit/test_memory: UNIT_LDFLAGS = \
	$(patsubst %,-Wl$(comma)--wrap=%,malloc calloc realloc open_memstream)

.PHONY: unit

# --- files, the lock and links, without the rest of the binary ---

KERN_HEADERS := $(wildcard user/*.h include/*.h)
KERN_FILE := user/kern_file.c user/kern_fault.c
KERN_LOCK := user/kern_lock.c
KERN_CLOCK := user/kern_clock.c
KERN_LINK := tests/netns/test_kern_link.c user/kern_fault.c \
	$(patsubst %,user/kern_%.c,bpffs device foreign link link_list lock out system)
KERN_CONNECTIONS := $(patsubst %,user/kern_%.c,connections conntrack namespaces \
	netlink route sockets)
kern_test = $(CC) $(CFLAGS) $(USER_CFLAGS) -Iuser -o $@ $(filter %.c %.o,$^)

tests: $(BUILD)/tests/test_kern_link $(BUILD)/tests/test_kern_link_faults \
	$(BUILD)/tests/test_kern_connections

$(BUILD)/tests/unit/test_kern_file: tests/unit/test_kern_file.c $(KERN_FILE) $(BUILD)/user/error.o $(KERN_HEADERS)
	@mkdir -p $(@D)
	$(call say,TEST,$<)
	$(Q)$(kern_test) -DXDPWL_FAULTS -lcmocka

$(BUILD)/tests/unit/test_kern_lock: tests/unit/test_kern_lock.c $(KERN_LOCK) $(BUILD)/user/error.o $(KERN_HEADERS)
	@mkdir -p $(@D)
	$(call say,TEST,$<)
	$(Q)$(kern_test) -lcmocka

$(BUILD)/tests/unit/test_kern_clock: tests/unit/test_kern_clock.c $(KERN_CLOCK) $(KERN_HEADERS)
	@mkdir -p $(@D)
	$(call say,TEST,$<)
	$(Q)$(kern_test) -lcmocka $(DEP_LIBS)

$(BUILD)/tests/test_kern_link: $(KERN_LINK) $(BUILD)/user/error.o $(KERN_HEADERS)
	@mkdir -p $(@D)
	$(call say,TEST,$<)
	$(Q)$(kern_test) $(DEP_LIBS)

$(BUILD)/tests/test_kern_link_faults: $(KERN_LINK) $(BUILD)/user/error.o $(KERN_HEADERS)
	@mkdir -p $(@D)
	$(call say,TEST,$@)
	$(Q)$(kern_test) -DXDPWL_FAULTS $(DEP_LIBS)

$(BUILD)/tests/test_kern_connections: tests/netns/test_kern_connections.c $(KERN_CONNECTIONS) $(BUILD)/user/error.o $(KERN_HEADERS)
	@mkdir -p $(@D)
	$(call say,TEST,$<)
	$(Q)$(kern_test) -lpthread

-include $(wildcard $(BUILD)/tests/unit/*.d)

.PHONY: demo check tests

# --- bench: knobs ROUNDS=N, QUICK=1, SEED=N, PEERS_ONLY=1 (see tests/bench/bench.py) ---
BENCH := $(BUILD)/bench
BENCH_TOOLS := $(BENCH)/generate $(BENCH)/cost $(BENCH)/connect $(BENCH)/stall $(BENCH)/packets.bpf.o \
	$(BENCH)/peers.bpf.o $(BENCH)/stages.bpf.o
BENCH_PACKAGES := python3 iproute2 ethtool util-linux nftables iptables ipset xdp-tools \
	gnuplot-nox

bench-quick: export QUICK = 1
bench-quick: bench ## the same in two minutes, without a judgement

bench: ## measure xdpwl beside its limits over veth; figures in build/bench/*.csv; exit 1: a goal was missed
	$(Q)bash -c '. tests/packages.sh && packages_install $(BENCH_PACKAGES) $(shell $(MAKE) -s print-deps)'
	$(Q)$(MAKE) -s --no-print-directory $(if $(PEERS_ONLY),,all) $(BENCH_TOOLS)
	$(Q)/usr/bin/python3 -B tests/bench/bench.py $(BUILD)/xdpwl $(BENCH)

info: all $(BENCH)/info ## print what each program weighs: instructions, verification, load time
	$(Q)$(BENCH)/info $(BUILD)/xdpwl.bpf.o

$(BENCH)/%: $(BENCH)/%.o $(BENCH)/frame.o
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(DEP_LIBS)

$(BENCH)/%.o: tests/bench/%.c Makefile
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(CFLAGS) $(USER_CFLAGS) -MMD -MP -c -o $@ $<

$(BENCH)/%.bpf.o: tests/bench/%.bpf.c Makefile
	@mkdir -p $(@D)
	$(call say,BPF,$<)
	$(Q)$(CLANG) -target bpf $(BPF_CFLAGS) -MMD -MP -c -o $@ $<

.SECONDARY: $(BENCH)/generate.o $(BENCH)/cost.o $(BENCH)/connect.o $(BENCH)/frame.o

-include $(wildcard $(BENCH)/*.d)

.PHONY: bench bench-quick info

prog: all ## the loaded programs against the oracle and the catalogue
	BUILD=$(BUILD) prove --exec '' --timer tests/prog/*.t

.PHONY: prog

# --- other kernels: knobs VERSIONS="5.10 6.1 6.12", MACHINE_SECONDS=N ---
VM := $(BUILD)/vm

check-vm: all $(VM)/load $(VM)/run_cases $(VM)/run_memory $(VM)/sctp ## small machines with Linux 5.10, 6.1 and 6.12
	BUILD=$(BUILD) prove --exec '' --timer -v tests/vm/kernels.t $(if $(VERSIONS),:: $(VERSIONS))

$(VM)/load: user/kern_clock.c

$(VM)/%: tests/vm/%.c $(wildcard include/*.h)
	@mkdir -p $(@D)
	$(call say,TEST,$<)
	$(Q)$(CC) $(CFLAGS) $(USER_CFLAGS) -Iuser -o $@ $(filter %.c,$^) $(DEP_LIBS)

.PHONY: check-vm

# --- cli: the command line without root, and the pure parts of the commands ---

cli: all ## the command line: exit codes, messages, round trips; no root
	$(Q)BUILD=$(BUILD) prove --exec '' tests/cli/*.t

# Beside the pure modules, those that the commands add.
define cli_unit
$(BUILD)/tests/unit/test_$(1): UNIT_LDFLAGS = $(2:%=$(BUILD)/user/%.o)
$(BUILD)/tests/unit/test_$(1): $(2:%=$(BUILD)/user/%.o)
endef
$(eval $(call cli_unit,carry,carry))
$(eval $(call cli_unit,diff,diff))
$(eval $(call cli_unit,guard,guard sources))
$(eval $(call cli_unit,options,options))
$(eval $(call cli_unit,probe,probe))
$(eval $(call cli_unit,ruleset_interfaces,ruleset_interfaces))

.PHONY: cli
