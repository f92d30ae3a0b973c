/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory of a process that ends soon. */
#ifndef HEAP_H
#define HEAP_H

/* Once, before threads. What is freed stays in the process, and the heap lies in huge pages
 * where the kernel gives them to those who ask. Never fails: at worst all stays as it is. */
void heap_prepare(void);

#endif
