/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * test SOURCE SERVICE [on IF]: the loaded program's answer about such a packet,
 * and the rule that decides. JSON: report.h. Exit 9 where any interface would
 * drop it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "command.h"
#include "options.h"
#include "outcome.h"
#include "probe.h"
#include "report.h"

struct question {
	struct prefix source;
	struct service service;
	const char *on;		/* NULL: every attached interface */
};

static int question_parse(struct question *question, int argc, char **argv,
			  struct error *error)
{
	int err;

	if (argc != 3 && (argc != 5 || strcmp(argv[3], "on")))
		return error_set(error, EXIT_USAGE,
				 "test takes SOURCE SERVICE [on IF], such as 203.0.113.5 22");
	question->on = argc == 5 ? argv[4] : NULL;
	err = prefix_parse(&question->source, argv[1], strlen(argv[1]), error);
	if (err)
		return err;
	if (question->source.len !=
	    (question->source.family == AF_INET ? 32 : 128))
		return error_set(error, EXIT_USAGE,
				 "%s: test asks about one address, not a prefix",
				 argv[1]);
	return probe_service(&question->service, argv[2], error);
}

static void destination_find(struct prefix *destination, const char *interface,
			     uint8_t family)
{
	memset(destination, 0, sizeof(*destination));
	destination->family = family;
	destination->len = family == AF_INET ? 32 : 128;
	if (!kern_device_address(interface, family, destination->addr))
		return;
	inet_pton(family, family == AF_INET ? "192.0.2.1" : "2001:db8::1",
		  destination->addr);
}

static const struct rule *rule_by_hit(const struct ruleset *rules, uint32_t hit)
{
	size_t i;

	for (i = 0; hit && i < rules->n_rules; i++)
		if (rules->rules[i].hit == hit)
			return &rules->rules[i];
	return NULL;
}

static int answer_ask(struct answer *answer, const struct running *running,
		      const struct kern_link *link,
		      const struct question *question, struct error *error)
{
	struct prefix destination;
	struct xdpwl_query query;
	uint8_t frame[PROBE_SIZE];
	size_t length;
	int err;

	if (!link->ifindex)
		return error_set(error, EXIT_ABSENT, "the device of %s is gone",
				 link->name);
	destination_find(&destination, link->name, question->source.family);
	length = probe_build(frame, &question->source, &destination,
			     &question->service);
	err = kern_test(&running->kern, link->ifindex, frame, length, &query,
			&answer->drop, error);
	if (err)
		return err;
	if (query.reason >= XDPWL_N_REASONS)
		return error_set(error, EXIT_SYSTEM,
				 "the loaded program is of another version; xdpwl attach %s renews it",
				 link->name);
	answer->interface = link->name;
	answer->reason = query.reason;
	answer->rule = rule_by_hit(&running->rules, XDPWL_HIT(query.cell));
	if (answer->rule)
		running_where(running->origin, answer->rule, answer->where,
			      sizeof(answer->where));
	return 0;
}

/* 0 or EXIT_DROPPED, or -errno. */
static int answers_collect(struct context *context, struct answer *answers,
			   const struct running *running,
			   const struct question *question, struct error *error)
{
	size_t i, n = 0;
	bool drop = false;
	int err = 0;

	for (i = 0; i < running->n_links && !err; i++) {
		const struct kern_link *link = &running->links[i];

		if (question->on ? strcmp(question->on, link->name) :
				   !link->ifindex)
			continue;
		err = answer_ask(&answers[n], running, link, question, error);
		drop |= answers[n++].drop;
	}
	if (err)
		return err;
	if (!n)
		return error_set(error, EXIT_ABSENT, question->on ?
				 "%s is not attached" :
				 "no attached interface is there any more%s",
				 question->on ? question->on : "");
	if (context->json)
		err = report_document(json_test(answers, n), stdout, error);
	else
		err = report_test(stdout, answers, n);
	return err ? err : drop ? EXIT_DROPPED : 0;
}

int cmd_test(struct context *context, int argc, char **argv,
	     struct error *error)
{
	const struct option_spec specs[] = { OPTIONS_END };
	struct question question;
	struct running running;
	struct answer *answers;
	int err = options_parse(specs, true, &argc, argv, error);

	if (!err)
		err = question_parse(&question, argc, argv, error);
	if (!err)
		err = running_require(&running, context->pin_dir, error);
	if (err)
		return outcome_code(err, EXIT_DONE, error);
	answers = calloc(running.n_links, sizeof(*answers));
	err = answers ? answers_collect(context, answers, &running, &question,
					error) : error_memory(error);
	free(answers);
	running_close(&running);
	return outcome_code(err, err, error);
}
