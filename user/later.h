/* SPDX-License-Identifier: GPL-2.0-only */
/* What later versions bring: understood far enough to be refused by name. */
#ifndef LATER_H
#define LATER_H

#include "words.h"

/* Refuse `what` ("'for'") as not there yet. Always -EINVAL. */
int later_refuse(const char *what, struct error *error);

/* Each checks one value, then refuses what it belongs to. Always -EINVAL. */
int later_duration(const char *what, const struct word *word,
		   struct error *error);
int later_timestamp(const char *what, const struct word *word,
		    struct error *error);
int later_host(const struct word *word, struct error *error);
/* `words` begin behind the set's name: url URL [jq STRING]. */
int later_url(const struct word *words, int n, struct error *error);

#endif
