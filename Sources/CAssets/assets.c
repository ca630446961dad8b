// The compiler lists every embedded file among the dependencies of this one, so that an edited
// asset is built again like an edited header.

#include "CAssets.h"

static const unsigned char report_page[] = {
#embed "report/page.html"
};

static const unsigned char report_style[] = {
#embed "report/page.css"
};

// The script in parts, in the order in which they build on each other.
static const unsigned char report_script[] = {
#embed "report/text.js"
    , '\n',
#embed "report/axes.js"
    , '\n',
#embed "report/curves.js"
    , '\n',
#embed "report/heat.js"
    , '\n',
#embed "report/gantt.js"
    , '\n',
#embed "report/bars.js"
    , '\n',
#embed "report/tables.js"
    , '\n',
#embed "report/page.js"
};

struct cassets_text cassets_report_page(void) {
    return (struct cassets_text){report_page, sizeof report_page};
}

struct cassets_text cassets_report_style(void) {
    return (struct cassets_text){report_style, sizeof report_style};
}

struct cassets_text cassets_report_script(void) {
    return (struct cassets_text){report_script, sizeof report_script};
}
