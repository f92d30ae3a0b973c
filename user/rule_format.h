/* SPDX-License-Identifier: GPL-2.0-only */
/* Statements as canonical text, beside rule_format() of rule.h. No newlines. */
#ifndef RULE_FORMAT_H
#define RULE_FORMAT_H

#include <stdio.h>
#include "rule.h"

/* Failures are those of `out`, which the caller asks; -ENOMEM otherwise. */
int rule_write(const struct rule *rule, FILE *out);
void interface_write(const struct interface *interface, FILE *out);

#endif
