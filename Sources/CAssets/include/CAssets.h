// Files that are part of the program: the page that the simulator's reports are made of.
//
// Each is UTF-8 text without a zero at its end.

#ifndef CASSETS_H
#define CASSETS_H

#include <stddef.h>

// One embedded text, which lasts as long as the program.
struct cassets_text {
    const unsigned char *bytes;
    size_t count;
};

// The page with {{title}}, {{style}}, {{script}} and {{data}} where these belong.
struct cassets_text cassets_report_page(void);

struct cassets_text cassets_report_style(void);

struct cassets_text cassets_report_script(void);

#endif
