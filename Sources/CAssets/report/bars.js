// How long jobs waited: a histogram on a logarithmic axis, stacked by the size of the jobs.

// Sizes have an order, and so have their tones: eight of them, spread over the groups.
function sizeTone(index, count) {
    return "s" + (count < 2 ? 4 : Math.round((index * 7) / (count - 1)));
}

class Histogram {
    // `form` is {title, note, edges, groups, top, names, left}; `names` are all groups of all runs.
    constructor(form) {
        Object.assign(this, form);
        Object.assign(this, makeFigure(form.title, form.note));
        this.total = sum(form.groups.map((group) => sum(group.counts)));
        this.finding = make("p", {class: "finding"});
        this.chosen = -1;
        this.legend.append(...form.names.map((name, index) => make("span", {class: "entry"},
            chip(sizeTone(index, form.names.length)), name)));
        this.legend.after(this.finding);
        this.leave();
    }

    draw(width) {
        this.sheetNow = makeSheet(width, 220, this.left(width), this.title);
        const {root, area} = this.sheetNow;
        const ticks = valueTicks(this.top, 4, true);
        drawValueAxis(this.sheetNow, ticks, plain);
        this.wide = area.width / (this.edges.length + 1);
        this.columns = Array.from({length: this.edges.length + 1}, (_, bin) =>
            this.drawColumn(bin, area, ticks[ticks.length - 1]));
        root.append(...this.columns);
        this.drawEdges(root, area);
        attend(root, this);
        this.sheet.replaceChildren(root);
    }

    drawColumn(bin, area, top) {
        const x = area.left + bin * this.wide;
        const column = draw("g", {class: "bar"},
            draw("rect", {class: "backdrop", x, y: area.top, width: this.wide,
                height: area.height}));
        let below = 0;
        for (const group of this.groups) {
            const count = group.counts[bin] || 0;
            if (!count) continue;
            const tall = (area.height * count) / top;
            const tone = sizeTone(this.names.indexOf(group.name), this.names.length);
            column.append(draw("rect", {
                class: "solid " + tone, x: x + 1, width: Math.max(1, this.wide - 2),
                y: area.top + area.height - below - tall, height: Math.max(0.5, tall),
            }));
            below += tall;
        }
        return column;
    }

    // Marks the edges between the columns as far as there is room for their names.
    drawEdges(root, area) {
        const bottom = area.top + area.height;
        const group = draw("g", {class: "axis"}, draw("line", {
            x1: area.left, x2: area.left + area.width, y1: bottom + 0.5, y2: bottom + 0.5,
        }));
        const every = Math.max(1, Math.ceil(62 / this.wide));
        this.edges.forEach((edge, index) => {
            const x = Math.round(area.left + (index + 1) * this.wide) + 0.5;
            group.append(draw("line", {x1: x, x2: x, y1: bottom, y2: bottom + 4}));
            if (index % every) return;
            group.append(draw("text", {x, y: bottom + 18, "text-anchor": "middle"},
                duration(edge)));
        });
        root.append(group);
    }

    binName(bin) {
        if (!this.edges.length) return "any wait";
        if (bin === 0) return `less than ${duration(this.edges[0])}`;
        const from = duration(this.edges[bin - 1]);
        return bin === this.edges.length
            ? `${from} or more` : `${from} to ${duration(this.edges[bin])}`;
    }

    choose(bin) {
        if (this.columns && this.columns[this.chosen]) {
            this.columns[this.chosen].classList.remove("on");
        }
        this.chosen = bin;
        if (bin < 0) {
            this.finding.textContent = counted(this.total, "job");
            return;
        }
        this.columns[bin].classList.add("on");
        const counts = this.groups.map((group) => group.counts[bin] || 0);
        const all = sum(counts);
        const parts = this.groups.filter((_, index) => counts[index])
            .map((group) => `${group.name} ${plain(group.counts[bin])}`);
        this.finding.textContent = `${this.binName(bin)}: ${counted(all, "job")}, `
            + percent(this.total ? Math.round((1000 * all) / this.total) / 10 : 0)
            + (parts.length > 1 ? ` (${parts.join(", ")})` : "");
    }

    point(x) {
        const {area} = this.sheetNow;
        this.choose(clamp(Math.floor((x - area.left) / this.wide), 0, this.edges.length));
    }

    step(right) {
        this.choose(clamp(this.chosen + right, 0, this.edges.length));
        this.said.textContent = this.finding.textContent;
    }

    leave() {
        this.choose(-1);
    }
}

function sum(numbers) {
    return numbers.reduce((all, number) => all + number, 0);
}

// The most jobs that any column of a run holds.
function tallest(waits) {
    const columns = listed(waits.edges).length + 1;
    let most = 1;
    for (let bin = 0; bin < columns; bin += 1) {
        most = Math.max(most, sum(listed(waits.groups).map((group) => group.counts[bin] || 0)));
    }
    return most;
}
