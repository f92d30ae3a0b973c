# xdpwl: one binary, build/xdpwl, with the BPF object inside. `make help` lists targets.
# Knobs: CC CLANG CFLAGS PREFIX DESTDIR V=1 FAULTS=1 (test build that dies on demand).

CC     ?= cc
CLANG  ?= clang
CFLAGS ?= -O2 -g
PREFIX ?= /usr/local
DESTDIR ?=
BUILD  ?= build
PKG_CONFIG ?= pkg-config
VERSION := 0.1.0

export XDPWL_DATA ?= ../shared/data

MAKEFLAGS += --no-builtin-rules
Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-5s %s\n' $(1) $(2))

# --- what must be there: one line each, naming the package ---
need = $(if $(shell $(1) >/dev/null 2>&1 && echo yes),,$(error $(2) is missing: apt-get install $(3), or make deps))
ifeq ($(filter deps print-deps help clean,$(or $(MAKECMDGOALS),all)),)
ifeq ($(filter demo check bench bench-quick,$(MAKECMDGOALS)),)
$(call need,command -v $(firstword $(CLANG)),$(CLANG),clang)
$(call need,command -v $(PKG_CONFIG),$(PKG_CONFIG),pkg-config)
$(call need,$(PKG_CONFIG) --atleast-version=1.1 libbpf,libbpf 1.1 or later,libbpf-dev)
$(call need,$(PKG_CONFIG) --exists libelf,libelf,libelf-dev)
$(call need,$(PKG_CONFIG) --exists zlib,zlib,zlib1g-dev)
$(call need,$(PKG_CONFIG) --exists jansson,jansson,libjansson-dev)
endif
endif

LIBS := libbpf libelf zlib jansson
DEP_CFLAGS = $(shell $(PKG_CONFIG) --cflags $(LIBS) 2>/dev/null)
DEP_LIBS = $(shell $(PKG_CONFIG) --libs $(LIBS) 2>/dev/null) -lpthread

USER_CFLAGS = -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Werror=implicit-function-declaration \
	-Wshadow -Wstrict-prototypes -Wmissing-prototypes -fno-strict-aliasing \
	-DVERSION='"$(VERSION)"' $(DEP_CFLAGS) $(if $(FAULTS),-DXDPWL_FAULTS)
BPF_CFLAGS = -std=gnu11 -O2 -g -Wall -Wextra -Wno-unused-function -mcpu=v3 -fno-stack-protector \
	-I/usr/include/$(shell uname -m)-linux-gnu $(DEP_CFLAGS)

# Pure modules know no kernel: unit tests link them without libbpf.
PURE := error prefix service service_format service_list service_math service_names \
	sha256 words rule rule_format statement statement_rule statement_option later \
	intern ruleset ruleset_find ruleset_options ruleset_write set splice rulefile rulefile_lines \
	store added scopes signatures classes memo profiles items near numbers runs4 mains fine fine4 spans4 slices4 numbers4 table4 key6 cover6 cuts6 tiles6 places6 fine6 heads runs6 lines exact \
	compile
SOURCES := $(wildcard user/*.c)
OBJECTS := $(SOURCES:user/%.c=$(BUILD)/user/%.o)
PURE_OBJECTS := $(PURE:%=$(BUILD)/user/%.o)

all: $(BUILD)/xdpwl ## build build/xdpwl

$(BUILD)/xdpwl: $(OBJECTS) $(BUILD)/object.o
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(DEP_LIBS)

$(BUILD)/user/%.o: user/%.c Makefile
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(CFLAGS) $(USER_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/%.bpf.o: bpf/%.bpf.c Makefile
	@mkdir -p $(@D)
	$(call say,BPF,$<)
	$(Q)$(CLANG) -target bpf $(BPF_CFLAGS) -MMD -MP -c -o $@ $<

# The object travels inside the binary.
$(BUILD)/object.o: $(BUILD)/xdpwl.bpf.o
	$(call say,EMBED,$<)
	$(Q)printf '.section .rodata\n.balign 8\n.global xdpwl_object, xdpwl_object_end\nxdpwl_object:\n.incbin "%s"\nxdpwl_object_end:\n.section .note.GNU-stack,"",%%progbits\n' $< | \
		$(CC) -c -x assembler -o $@ -

-include $(wildcard $(BUILD)/user/*.d $(BUILD)/*.d)

clean: ## remove build/
	rm -rf $(BUILD)

# --- packages of Debian that the build needs ---
DEPS := make gcc libc6-dev clang pkg-config libbpf-dev libelf-dev zlib1g-dev \
	libjansson-dev

deps: ## install what the build needs, by apt-get
	apt-get update
	DEBIAN_FRONTEND=noninteractive apt-get install -y \
		--no-install-recommends $(DEPS)

print-deps:
	@echo $(DEPS)

SBINDIR = $(PREFIX)/sbin
MANDIR  = $(PREFIX)/share/man/man8
DOCDIR  = $(PREFIX)/share/doc/xdpwl
UNITDIR ?= $(PREFIX)/lib/systemd/system
COMPLETIONDIR ?= $(PREFIX)/share/bash-completion/completions

# An /etc/xdpwl that is there is the owner's: neither it nor what it holds is touched.
install: all ## install below DESTDIR/PREFIX: binary, man page, unit, completion, examples
	install -D -m 755 $(BUILD)/xdpwl $(DESTDIR)$(SBINDIR)/xdpwl
	$(if $(wildcard user/xdpwl.8),install -D -m 644 user/xdpwl.8 $(DESTDIR)$(MANDIR)/xdpwl.8)
	install -D -m 644 user/xdpwl.bash-completion $(DESTDIR)$(COMPLETIONDIR)/xdpwl
	install -d -m 755 $(DESTDIR)$(UNITDIR) $(DESTDIR)$(DOCDIR)/examples
	sed 's|@SBINDIR@|$(SBINDIR)|' user/xdpwl.service.in > $(DESTDIR)$(UNITDIR)/xdpwl.service
	install -m 644 examples/* $(DESTDIR)$(DOCDIR)/examples
	test -d $(DESTDIR)/etc/xdpwl || install -d -m 755 $(DESTDIR)/etc/xdpwl

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 16

include tests/tests.mk

.PHONY: all clean deps print-deps install help
