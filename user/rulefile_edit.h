/* SPDX-License-Identifier: GPL-2.0-only */
/* The parts of rulefile_edit(): each adds the splices that make one edit. */
#ifndef RULEFILE_EDIT_H
#define RULEFILE_EDIT_H

#include "service_list.h"
#include "splice.h"

/* Parse a line that may begin with `keyword`; any other is STATEMENT_EMPTY. */
int line_parse(struct statement *statement, const struct text *in,
	       const struct line *line, const char *keyword,
	       struct error *error);

int edit_set(struct splices *splices, const struct text *in,
	     const struct edit *edit, struct error *error);
int interface_add(struct splices *splices, const struct text *in,
		  const struct interface *wanted, struct error *error);
int interface_delete(struct splices *splices, const struct text *in,
		     const struct interface *wanted, struct error *error);

#endif
