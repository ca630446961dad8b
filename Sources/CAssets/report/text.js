"use strict";

// How anything becomes text: numbers, durations, differences, and the elements that hold them.
// Elements are made node by node, so that a name from a file can never become markup.

const dash = "–";
const minus = "−";

function isNumber(value) {
    return typeof value === "number" && Number.isFinite(value);
}

// A list that may be left out of the data.
function listed(value) {
    return Array.isArray(value) ? value : [];
}

function grouped(value, digits) {
    const [whole, fraction] = Math.abs(value).toFixed(digits).split(".");
    const text = whole.replace(/\B(?=(\d{3})+$)/g, ",");
    const isZero = Number(value.toFixed(digits)) === 0;
    return (value < 0 && !isZero ? minus : "") + text + (fraction ? "." + fraction : "");
}

// Three digits that matter, all digits of what is larger, no idle zeros.
function plain(value) {
    if (!isNumber(value)) return dash;
    const size = Math.abs(value);
    if (Number.isInteger(value) || size >= 100) return grouped(value, 0);
    return grouped(value, size >= 10 ? 1 : 2);
}

function percent(value) {
    if (!isNumber(value)) return dash;
    return grouped(value, Number.isInteger(value) ? 0 : 1) + " %";
}

function counted(count, noun) {
    return `${plain(count)} ${noun}${count === 1 ? "" : "s"}`;
}

// Two units at most: 0.4 s, 12 s, 3 min 20 s, 5 h 12 min, 2 d 4 h, 140 d.
function duration(seconds) {
    if (!isNumber(seconds)) return dash;
    if (seconds < 0) return minus + duration(-seconds);
    if (seconds === 0) return "0 s";
    if (seconds < 0.01) return "< 0.01 s";
    if (seconds < 9.95) return grouped(seconds, Number.isInteger(seconds) ? 0 : 1) + " s";
    if (seconds < 59.5) return `${Math.round(seconds)} s`;
    if (seconds < 3599.5) return pair(Math.round(seconds), 60, "min", "s");
    if (seconds < 86370) return pair(Math.round(seconds / 60), 60, "h", "min");
    const hours = Math.round(seconds / 3600);
    return hours < 100 * 24 ? pair(hours, 24, "d", "h") : `${plain(Math.round(hours / 24))} d`;
}

function pair(total, base, upper, lower) {
    const rest = total % base;
    return `${Math.floor(total / base)} ${upper}` + (rest ? ` ${rest} ${lower}` : "");
}

// A value as it is read, and the same with all its digits for who asks.
function quantity(value, unit) {
    if (unit === "s") return duration(value);
    return unit === "%" ? percent(value) : plain(value);
}

function exactly(value, unit) {
    if (!isNumber(value)) return "not measured";
    const digits = Number.isInteger(value) ? 0 : 3;
    return grouped(value, digits) + (unit ? " " + unit : "");
}

function shortened(text, most) {
    const letters = Array.from(text);
    return letters.length <= most ? text : letters.slice(0, Math.max(1, most - 1)).join("") + "…";
}

// Whether more is better (1), worse (-1), or neither (0): by the measure's name.
function direction(name) {
    if (/wait|flow|slowdown|makespan|fragment|fail|lost|preempt|evict/i.test(name)) return -1;
    return /utili|alloc|finish|throughput|goodput/i.test(name) ? 1 : 0;
}

// The second value against the first: a signed text, and whether that is better or worse.
function difference(first, second, unit, sense) {
    if (!isNumber(first) || !isNumber(second)) return {text: dash, verdict: "", exact: ""};
    const change = second - first;
    const sign = change > 0 ? "+" : "";
    const isShare = unit === "%";
    const isRelative = !isShare && first > 0;
    const relative = isRelative ? (100 * change) / first : change;
    const isSame = isShare || isRelative ? Math.abs(relative) < 0.05 : change === 0;
    const exact = `${sign}${exactly(change, isShare ? "points" : unit)}`;
    if (isSame) return {text: "0" + (isRelative ? " %" : ""), verdict: "same", exact};
    let text = sign + quantity(change, unit);
    if (isShare) text = `${sign}${grouped(change, 1)} points`;
    if (isRelative) {
        text = relative >= 900
            ? `× ${plain(second / first)}` : `${sign}${grouped(relative, 1)} %`;
    }
    const verdict = sense === 0 ? "" : change * sense > 0 ? "better" : "worse";
    return {text, verdict, exact};
}

function fill(element, attributes, children) {
    for (const [name, value] of Object.entries(attributes)) {
        if (value !== undefined && value !== null) element.setAttribute(name, value);
    }
    for (const child of children.flat(Infinity)) {
        if (child !== null && child !== undefined) element.append(child);
    }
    return element;
}

function make(tag, attributes, ...children) {
    return fill(document.createElement(tag), attributes || {}, children);
}

function draw(tag, attributes, ...children) {
    const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
    return fill(element, attributes || {}, children);
}

// The square of colour before a name.
function chip(tone) {
    return make("span", {class: "chip " + tone, "aria-hidden": "true"});
}
