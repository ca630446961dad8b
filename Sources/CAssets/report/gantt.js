// Small runs job by job: a bar for each, on the machine that ran it, coloured by queue.

// Gives each bar of one row the first lane that is free when it starts.
function packed(bars) {
    const free = [];
    const lanes = bars.map((bar) => {
        let lane = free.findIndex((end) => end <= bar.start);
        if (lane < 0) lane = free.length;
        free[lane] = bar.end;
        return lane;
    });
    return {lanes, count: Math.max(1, free.length)};
}

class Gantt {
    // `form` is {title, note, bars, rows, queues, start, span, left}.
    constructor(form) {
        Object.assign(this, form);
        Object.assign(this, makeFigure(form.title, form.note));
        this.finding = make("span", {class: "moment"});
        const used = [...new Set(form.bars.map((bar) => bar.queue))].sort((a, b) => a - b);
        this.legend.append(
            ...used.slice(0, 12).map((queue) =>
                make("span", {class: "entry"}, chip(this.tone(queue)), this.queueName(queue))),
            used.length > 12 ? make("span", {class: "entry"}, `and ${used.length - 12} more`) : "",
            this.finding);
        this.arrange();
        cursor.plots.push(this);
        this.leave();
    }

    tone(queue) {
        return "q" + (queue % 8);
    }

    queueName(queue) {
        return this.queues[queue] || `queue ${queue + 1}`;
    }

    // Puts every bar into a lane; a row is as tall as the most jobs that it ran at once.
    arrange() {
        const byRow = this.rows.map(() => []);
        for (const bar of this.bars) if (byRow[bar.row]) byRow[bar.row].push(bar);
        this.lane = new Map();
        this.tops = [];
        let top = 0;
        for (const bars of byRow) {
            bars.sort((a, b) => a.start - b.start || a.end - b.end);
            const {lanes, count} = packed(bars);
            bars.forEach((bar, index) => this.lane.set(bar, lanes[index]));
            this.tops.push(top);
            top += count;
        }
        this.laneCount = top;
        this.laneHeight = clamp(Math.floor(640 / Math.max(1, top)), 5, 20);
        this.order = byRow.flat();
        this.chosen = -1;
    }

    draw(width) {
        const gap = 4;
        const height = this.laneCount * this.laneHeight + this.rows.length * gap;
        this.sheetNow = makeSheet(width, height, this.left(width), this.title);
        const {root, area} = this.sheetNow;
        const letters = Math.floor((area.left - 14) / 6.3);
        const names = draw("g", {class: "axis"});
        let named = -Infinity;
        this.rows.forEach((name, row) => {
            const y = area.top + this.tops[row] * this.laneHeight + row * gap;
            names.append(draw("line", {class: "grid", x1: area.left, x2: area.left + area.width,
                y1: y + 0.5, y2: y + 0.5}));
            if (y - named < 14) return;
            named = y;
            names.append(draw("text", {x: area.left - 8, y: y + 14, "text-anchor": "end"},
                shortened(name, letters), draw("title", {}, name)));
        });
        root.append(names);
        drawTimeAxis(this.sheetNow, this.span, true);
        this.marks = this.order.map((bar) => this.drawBar(bar, gap));
        root.append(...this.marks);
        this.cross = drawCrosshair(this.sheetNow);
        attend(root, this);
        root.addEventListener("pointermove", (event) => {
            this.choose(this.marks.indexOf(event.target.closest("g.bar")), false);
        });
        this.sheet.replaceChildren(root);
    }

    drawBar(bar, gap) {
        const {area} = this.sheetNow;
        const across = (moment) => area.left
            + (area.width * clamp((moment - this.start) / 1000, 0, this.span)) / this.span;
        const x = across(bar.start);
        const wide = Math.max(1.5, across(bar.end) - x - 0.5);
        const y = area.top + (this.tops[bar.row] + this.lane.get(bar)) * this.laneHeight
            + bar.row * gap + 2;
        const tall = this.laneHeight - 1;
        const letters = Math.floor((wide - 8) / 6);
        return draw("g", {class: "bar"},
            draw("rect", {class: "solid " + this.tone(bar.queue), x, y, width: wide, height: tall,
                rx: Math.min(2, wide / 3)}),
            letters >= 3 && tall >= 13
                ? draw("text", {x: x + 4, y: y + tall / 2 + 4}, shortened(bar.name, letters))
                : null);
    }

    choose(index, isSaid) {
        if (this.marks && this.marks[this.chosen]) this.marks[this.chosen].classList.remove("on");
        this.chosen = index;
        const bar = this.order[index];
        if (!bar) return;
        this.marks[index].classList.add("on");
        const began = (bar.start - this.start) / 1000;
        this.finding.textContent = `${bar.name} on ${this.rows[bar.row]}, `
            + `${this.queueName(bar.queue)}: after ${duration(began)}, `
            + `for ${duration((bar.end - bar.start) / 1000)}`;
        if (isSaid) this.said.textContent = this.finding.textContent;
    }

    read(time) {
        if (this.chosen < 0 || time === null) {
            this.finding.textContent = time === null
                ? counted(this.bars.length, "placement") : "after " + duration(time);
        }
        if (!this.cross) return;
        const {area} = this.sheetNow;
        this.cross(time === null ? null : area.left + (area.width * time) / this.span);
    }

    point(x) {
        const {area} = this.sheetNow;
        cursor.move(clamp(((x - area.left) / area.width) * this.span, 0, this.span * 0.99999));
    }

    step(right, down) {
        if (!this.order.length) return;
        const index = clamp(this.chosen + right + down, 0, this.order.length - 1);
        this.choose(index, true);
        cursor.move(clamp((this.order[index].start - this.start) / 1000, 0, this.span));
    }

    leave() {
        this.choose(-1, false);
        cursor.move(null);
    }
}
