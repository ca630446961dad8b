// Values over time as steps: a value holds until the next one, as it did in the simulation.

// A curve is {name, tone, values, step}: one value for each `step` seconds since the start.
function valueAt(curve, time) {
    if (time === null || curve.step <= 0) return NaN;
    const index = Math.floor(time / curve.step + 1e-9);
    return index >= 0 && index < curve.values.length ? curve.values[index] : NaN;
}

function mean(values) {
    return values.length ? values.reduce((sum, value) => sum + value, 0) / values.length : NaN;
}

class Curves {
    // `form` is {title, note, curves, span, format, isWhole, floor, ceiling, left, height}.
    constructor(form) {
        Object.assign(this, form);
        Object.assign(this, makeFigure(form.title, form.note));
        this.values = form.curves.map(() => make("span", {class: "value"}));
        this.moment = make("span", {class: "moment"});
        this.legend.append(
            ...form.curves.map((curve, index) =>
                make("span", {class: "entry"}, chip(curve.tone + (curve.isLine ? " line" : "")),
                    curve.name + " ", this.values[index])),
            this.moment);
        const peak = form.curves.reduce((most, curve) =>
            curve.values.reduce((top, value) => Math.max(top, value), most), form.floor);
        this.isCut = peak > form.ceiling;
        if (this.isCut) {
            this.element.querySelector("figcaption").append(make("p", {},
                `The axis ends at ${form.format(form.ceiling)}; the highest value is `
                    + `${form.format(peak)}.`));
        }
        this.ticks = valueTicks(Math.min(peak, form.ceiling), 4, form.isWhole);
        cursor.plots.push(this);
        this.read(null);
    }

    draw(width) {
        this.sheetNow = makeSheet(width, this.height, this.left(width), this.title);
        const {root, area} = this.sheetNow;
        drawValueAxis(this.sheetNow, this.ticks, this.format);
        for (const curve of this.curves.filter((curve) => !curve.isLine)) {
            root.append(draw("path", {
                class: "fill " + curve.tone, d: this.path(curve, area, true),
            }));
        }
        for (const curve of this.curves) {
            root.append(draw("path", {
                class: "stroke " + curve.tone + (curve.isLine ? " thin" : ""),
                d: this.path(curve, area, false),
            }));
        }
        drawTimeAxis(this.sheetNow, this.span, false);
        this.cross = drawCrosshair(this.sheetNow);
        attend(root, this);
        this.sheet.replaceChildren(root);
    }

    path(curve, area, isClosed) {
        const top = this.ticks[this.ticks.length - 1];
        const bottom = area.top + area.height;
        const across = (index) => area.left
            + area.width * Math.min(1, (index * curve.step) / this.span);
        const parts = [];
        let before = null;
        curve.values.forEach((value, index) => {
            const y = (bottom - area.height * clamp(value / top, 0, 1)).toFixed(1);
            if (index === 0) parts.push(`M${across(0)} ${isClosed ? bottom : y}`);
            if (y !== before) parts.push(`H${across(index).toFixed(1)}V${y}`);
            before = y;
        });
        if (!parts.length) return "";
        parts.push(`H${across(curve.values.length).toFixed(1)}`);
        return parts.join("") + (isClosed ? `V${bottom}Z` : "");
    }

    // Shows the values at a moment, or their means where there is none.
    read(time) {
        this.curves.forEach((curve, index) => {
            const value = time === null ? mean(curve.values) : valueAt(curve, time);
            this.values[index].textContent = isNumber(value) ? this.format(value) : dash;
        });
        this.moment.textContent = time === null ? "mean over time" : "after " + duration(time);
        if (!this.cross) return;
        const {area} = this.sheetNow;
        this.cross(time === null ? null : area.left + (area.width * time) / this.span);
    }

    point(x) {
        const {area} = this.sheetNow;
        cursor.move(clamp(((x - area.left) / area.width) * this.span, 0, this.span * 0.99999));
    }

    step(right) {
        const size = this.curves[0].step;
        const last = Math.max(0, Math.ceil(this.span / size - 1e-9) - 1);
        const now = cursor.time === null ? -1 : Math.floor(cursor.time / size);
        cursor.move((clamp(now + right, 0, last) + 0.5) * size);
        this.said.textContent = `After ${duration(cursor.time)}: ` + this.curves.map((curve) =>
            `${curve.name} ${this.format(valueAt(curve, cursor.time))}`).join(", ");
    }

    leave() {
        cursor.move(null);
    }
}
