// Figures in rows and columns; with two runs each figure has its change, signed and judged.

const shownRows = 12;

// A table is {columns: [{name, isText, help}], rows: [[CELL]]}; a CELL is a text or an element.
function makeTable(title, table) {
    const head = table.columns.map((column) => make("th", {
        scope: "col", class: column.isText ? "text" : null, title: column.help,
    }, column.name));
    const rows = table.rows.map((cells, index) => make("tr",
        {class: index >= shownRows ? "more" : null},
        cells.map((cell, column) => column === 0
            ? make("th", {scope: "row", class: "text", title: cell}, cell)
            : table.columns[column].isText
                ? make("td", {class: "text", title: cell}, cell) : make("td", {}, cell))));
    const body = make("table", {}, make("caption", {}, title),
        make("thead", {}, make("tr", {}, head)), make("tbody", {}, rows));
    const frame = make("div", {class: "frame", tabindex: "0", role: "region",
        "aria-label": title}, body);
    const element = make("div", {class: "table"}, frame);
    if (rows.length > shownRows) {
        const button = make("button", {type: "button"}, `Show all ${rows.length}`);
        button.addEventListener("click", () => {
            const isAll = element.classList.toggle("all");
            button.textContent = isAll ? `Show the first ${shownRows}` : `Show all ${rows.length}`;
        });
        element.append(button);
    }
    return element;
}

// A figure with its exact value for who points at it.
function figure(value, unit) {
    return make("span", {title: exactly(value, unit)}, quantity(value, unit));
}

function changeCell(first, second, unit, sense) {
    const change = difference(first, second, unit, sense);
    return make("span", {class: "change " + change.verdict, title: change.exact},
        change.text,
        change.verdict && change.verdict !== "same"
            ? make("small", {}, " " + change.verdict) : null);
}

// A figure with a small bar of its share of the longest.
function barCell(value, most, unit, tone) {
    const bar = make("span", {class: "measure " + tone, "aria-hidden": "true"});
    bar.style.width = `${isNumber(value) && most > 0 ? clamp((100 * value) / most, 0, 100) : 0}%`;
    return make("span", {class: "barred"}, make("span", {class: "track"}, bar),
        figure(value, unit));
}

// Waits by queue or by size, of one run or of two.
function groupTable(title, noun, runs, list) {
    const names = [...new Set(runs.flatMap((run) => list(run).map((group) => group.name)))];
    const rows = names.map((name) =>
        runs.map((run) => list(run).find((group) => group.name === name) || {}));
    const most = Math.max(0, ...rows.flat().map((group) => group.meanWait || 0));
    if (runs.length === 2) return makeTable(title, pairedGroups(noun, runs, names, rows, most));
    const columns = [
        {name: noun, isText: true}, {name: "Jobs"},
        {name: "Share", help: `share of the ${runs[0].unit || "capacity"} in use`},
        {name: "Mean wait"}, {name: "Median"}, {name: "p95"}, {name: "Longest"},
        {name: "Mean slowdown"},
    ];
    return makeTable(title, {columns, rows: rows.map(([group], index) => [
        names[index], plain(group.jobs), percent(group.share / 10),
        barCell(group.meanWait, most, "s", "a"), figure(group.p50Wait, "s"),
        figure(group.p95Wait, "s"), figure(group.maxWait, "s"), figure(group.meanSlowdown, ""),
    ])});
}

function pairedGroups(noun, runs, names, rows, most) {
    const columns = [{name: noun, isText: true}, {name: "Jobs"}];
    for (const measure of ["Mean wait", "p95 wait", "Mean slowdown"]) {
        columns.push({name: measure}, {name: "Change"});
    }
    const pair = (cells) => make("span", {class: "pair"}, cells);
    const chipped = (group, key, unit, index) =>
        make("span", {class: "barred"}, chip(runTones[index]), figure(group[key], unit));
    return {columns, rows: rows.map((groups, index) => {
        const [one, two] = groups;
        const jobs = one.jobs === two.jobs ? plain(one.jobs)
            : pair(groups.map((group) => make("span", {}, plain(group.jobs))));
        const both = (key, unit) => pair(groups.map((group, run) =>
            chipped(group, key, unit, run)));
        return [
            names[index], jobs,
            pair(groups.map((group, run) => barCell(group.meanWait, most, "s", runTones[run]))),
            changeCell(one.meanWait, two.meanWait, "s", -1),
            both("p95Wait", "s"), changeCell(one.p95Wait, two.p95Wait, "s", -1),
            both("meanSlowdown", ""),
            changeCell(one.meanSlowdown, two.meanSlowdown, "", -1),
        ];
    })};
}

// A column's heading with the colour of its run.
function heading(text, index) {
    return make("span", {}, chip(runTones[index]), text);
}

const runTones = ["a", "b"];
const statistics = [["mean", "Mean"], ["p50", "Median"], ["p95", "p95"], ["p99", "p99"],
    ["max", "Longest"]];

function interval(measure) {
    if (!measure || !isNumber(measure.low) || !isNumber(measure.high)) return "";
    return "± " + quantity((measure.high - measure.low) / 2, measure.unit);
}

function capital(text) {
    return text.charAt(0).toUpperCase() + text.slice(1);
}

// Every measure with all its figures.
function measureTable(runs) {
    const all = runs.map((run) => listed(run.measures));
    if (runs.length === 1) {
        const columns = [{name: "Measure", isText: true}, {name: "Mean"},
            {name: "±", help: "95 % interval over the seeds"},
            ...statistics.slice(1).map(([, name]) => ({name}))];
        return makeTable("All measures", {columns, rows: all[0].map((measure) => [
            capital(measure.name), figure(measure.mean, measure.unit), interval(measure).slice(2),
            ...statistics.slice(1).map(([key]) =>
                key in measure ? figure(measure[key], measure.unit) : ""),
        ])});
    }
    const names = [...new Set(all.flat().map((measure) => measure.name))];
    const rows = names.flatMap((name) => {
        const [one, two] = all.map((list) => list.find((item) => item.name === name) || {});
        const unit = one.unit === undefined ? two.unit : one.unit;
        const keys = statistics.filter(([key]) => key in one || key in two);
        return keys.map(([key, label]) => [
            keys.length > 1 ? `${capital(name)}, ${label.replace(/^[ML]/,
                (letter) => letter.toLowerCase())}` : capital(name),
            withInterval(one, key, unit), withInterval(two, key, unit),
            changeCell(one[key], two[key], unit, direction(name)),
        ]);
    });
    const columns = [{name: "Measure", isText: true}, {name: heading(runs[0].label, 0)},
        {name: heading(runs[1].label, 1)}, {name: "Change"}];
    return makeTable("All measures", {columns, rows});
}

function withInterval(measure, key, unit) {
    const text = key === "mean" ? interval(measure) : "";
    return make("span", {}, figure(measure[key], unit),
        text ? make("small", {}, " " + text) : null);
}

function longestTable(run, title) {
    const columns = [{name: "Job", isText: true}, {name: "Queue", isText: true},
        {name: run.unit || "Size"}, {name: "Waited"}, {name: "Ran"}, {name: "Slowdown"}];
    return makeTable(title, {columns, rows: listed(run.longest).map((job) => [
        job.name, job.queue, plain(job.size), figure(job.wait, "s"), figure(job.run, "s"),
        figure(job.slowdown, ""),
    ])});
}
