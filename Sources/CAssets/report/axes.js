// What the plots have in common: the axes, the cursor in time, and how a reader points at things.
//
// All plots over time share one left edge and one cursor: pointing into one reads all of them.

const minute = 60, hour = 3600, day = 86400;
const timeSteps = [
    0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, minute, 2 * minute, 5 * minute, 10 * minute, 15 * minute,
    30 * minute, hour, 2 * hour, 3 * hour, 6 * hour, 12 * hour, day, 2 * day, 4 * day, 7 * day,
    14 * day, 28 * day, 91 * day, 182 * day, 364 * day, 1820 * day,
];

// The moments to mark on an axis of `span` seconds, at most `most` besides the start.
function timeTicks(span, most) {
    const step = timeSteps.find((size) => span / size <= most) || span / most;
    const ticks = [];
    for (let index = 0; index * step <= span * 1.0001; index += 1) ticks.push(index * step);
    return ticks;
}

// Round values from zero to at least `top`.
function valueTicks(top, most, isWhole) {
    const rough = Math.max(top, 1e-9) / most;
    const power = 10 ** Math.floor(Math.log10(rough));
    let step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough * 0.999);
    if (isWhole) step = Math.max(1, Math.ceil(step));
    const ticks = [];
    for (let index = 0; index === 0 || ticks[index - 1] < top * 0.9999; index += 1) {
        ticks.push(index * step);
    }
    return ticks;
}

// The rectangle that a plot draws into, inside an SVG of crisp pixels.
function makeSheet(width, height, left, label) {
    const area = {left, top: 8, width: Math.max(40, width - left - 14), height};
    const total = height + area.top + 26;
    const root = draw("svg", {
        width, height: total, viewBox: `0 0 ${width} ${total}`, role: "img", "aria-label": label,
    });
    return {root, area};
}

function drawTimeAxis(sheet, span, isLined) {
    const {root, area} = sheet;
    const group = draw("g", {class: "axis"});
    const bottom = area.top + area.height;
    const ticks = timeTicks(span, Math.max(2, Math.floor(area.width / 74)));
    for (const tick of ticks) {
        const x = Math.round(area.left + (area.width * tick) / span) + 0.5;
        const isLast = x > area.left + area.width - 16;
        const anchor = tick === 0 ? "start" : isLast ? "end" : "middle";
        if (isLined && tick > 0) {
            group.append(draw("line", {class: "grid", x1: x, x2: x, y1: area.top, y2: bottom}));
        }
        group.append(
            draw("line", {x1: x, x2: x, y1: bottom, y2: bottom + 4}),
            draw("text", {x: tick === 0 ? area.left : isLast ? x + 6 : x, y: bottom + 18,
                "text-anchor": anchor}, tick === 0 ? "start" : duration(tick)));
    }
    group.append(draw("line", {
        x1: area.left, x2: area.left + area.width, y1: bottom + 0.5, y2: bottom + 0.5,
    }));
    root.append(group);
}

function drawValueAxis(sheet, ticks, format) {
    const {root, area} = sheet;
    const top = ticks[ticks.length - 1];
    const group = draw("g", {class: "axis"});
    for (const tick of ticks) {
        const y = Math.round(area.top + area.height * (1 - tick / top)) + 0.5;
        if (tick > 0) {
            group.append(draw("line", {
                class: "grid", x1: area.left, x2: area.left + area.width, y1: y, y2: y,
            }));
        }
        group.append(draw("text", {x: area.left - 8, y: y + 4, "text-anchor": "end"},
            format(tick)));
    }
    root.append(group);
}

// How wide the names or numbers left of the plots may be; the same for all plots over time.
function leftEdge(width, names) {
    const letters = names.reduce((most, name) => Math.max(most, Array.from(name).length), 0);
    const most = width < 640 ? 64 : 124;
    return Math.min(most, Math.max(52, Math.ceil(letters * 6.7) + 14));
}

// The moment that the reader points at, in seconds since the start, for all plots over time.
const cursor = {
    plots: [],
    time: null,
    move(time) {
        this.time = time;
        for (const plot of this.plots) plot.read(time);
    },
};

function drawCrosshair(sheet) {
    const {root, area} = sheet;
    const line = draw("line", {
        class: "cursor", y1: area.top, y2: area.top + area.height, x1: -9, x2: -9,
    });
    root.append(line);
    return (x) => {
        line.setAttribute("x1", x === null ? -9 : x);
        line.setAttribute("x2", x === null ? -9 : x);
    };
}

const arrows = {
    ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1],
    PageUp: [-10, 0], PageDown: [10, 0], Home: [-1e9, 0], End: [1e9, 0],
};

// Lets a sheet be pointed at and walked with the arrow keys.
// `reader` has point(x, y) in pixels, step(dx, dy) in its own units, and leave().
function attend(root, reader) {
    root.setAttribute("tabindex", "0");
    root.setAttribute("aria-label",
        `${root.getAttribute("aria-label")}. The arrow keys read its values.`);
    root.addEventListener("pointermove", (event) => {
        const box = root.getBoundingClientRect();
        const scale = root.viewBox.baseVal.width / box.width;
        reader.point((event.clientX - box.left) * scale, (event.clientY - box.top) * scale);
    });
    root.addEventListener("pointerleave", () => reader.leave());
    root.addEventListener("blur", () => reader.leave());
    root.addEventListener("keydown", (event) => {
        if (event.key === "Escape") reader.leave();
        const step = arrows[event.key];
        if (!step || event.ctrlKey || event.altKey || event.metaKey) return;
        event.preventDefault();
        reader.step(step[0], step[1]);
    });
}

function clamp(value, low, high) {
    return Math.min(high, Math.max(low, value));
}

// A titled figure with a legend that is also its read-out, and room for a drawing.
function makeFigure(title, note) {
    const legend = make("div", {class: "legend"});
    const sheet = make("div", {class: "sheet"});
    const said = make("p", {class: "unseen", "aria-live": "polite"});
    const element = make("figure", {},
        make("figcaption", {}, make("h3", {}, title), note ? make("p", {}, note) : null),
        legend, sheet, said);
    return {element, legend, sheet, said};
}
