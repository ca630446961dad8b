// The machines over time: rows of colour for use, and hatching where a machine was away.
//
// One hue from light to dark (or dark to light), so that it reads without colour vision.

const awayByte = 255, full = 200;
const ramps = {
    light: [[240, 243, 247], [183, 211, 238], [98, 160, 214], [28, 99, 172], [8, 42, 88]],
    dark: [[31, 36, 42], [27, 66, 104], [42, 112, 176], [110, 174, 230], [222, 240, 255]],
};
const awayTones = {
    light: {ground: [214, 208, 200], dense: [188, 152, 104], hatch: "#9a9188"},
    dark: {ground: [72, 68, 64], dense: [150, 116, 72], hatch: "#9b948b"},
};
const darkness = window.matchMedia("(prefers-color-scheme: dark)");
let isPrinting = false;

function theme() {
    return darkness.matches && !isPrinting ? "dark" : "light";
}

function shade(ramp, share) {
    const place = clamp(share, 0, 1) * (ramp.length - 1);
    const lower = Math.min(ramp.length - 2, Math.floor(place));
    return ramp[lower].map((part, index) =>
        Math.round(part + (ramp[lower + 1][index] - part) * (place - lower)));
}

// The bytes of base64 text; what is not base64 counts as nothing.
function bytesOf(text) {
    try {
        const letters = atob(text || "");
        const bytes = new Uint8Array(letters.length);
        for (let index = 0; index < bytes.length; index += 1) {
            bytes[index] = letters.charCodeAt(index);
        }
        return bytes;
    } catch {
        return new Uint8Array(0);
    }
}

class Heat {
    // `form` is {title, note, timeline, duration, span, left}; the duration is the columns' own.
    constructor(form) {
        Object.assign(this, form);
        Object.assign(this, makeFigure(form.title, form.note));
        this.rows = listed(form.timeline.rows);
        this.columns = form.timeline.columns;
        this.cells = bytesOf(form.timeline.cells);
        this.isWhole = this.cells.length === this.rows.length * this.columns;
        this.finding = make("span", {class: "moment"});
        this.place = null;
        this.legend.append(this.scale(), this.finding);
        cursor.plots.push(this);
        this.read(null);
    }

    get rowHeight() {
        const count = this.rows.length;
        if (count <= 16) return 20;
        return count <= 40 ? 12 : Math.max(1, Math.min(8, Math.floor(480 / count)));
    }

    // Rows too low for hatching show an absence in a plain tone.
    get isDense() {
        return this.rowHeight < 4;
    }

    scale() {
        this.bar = make("canvas", {class: "ramp", width: 101, height: 1, "aria-hidden": "true"});
        return make("span", {class: "entry"}, "idle ", this.bar, " in full use",
            make("span", {class: this.isDense ? "chip away dense" : "chip away",
                "aria-hidden": "true"}),
            "away");
    }

    draw(width) {
        const height = this.rowHeight * this.rows.length;
        this.sheetNow = makeSheet(width, height, this.left(width), this.title);
        const {root, area} = this.sheetNow;
        this.width = (area.width * this.duration) / this.span;
        this.canvas = make("canvas", {"aria-hidden": "true"});
        this.marker = draw("rect", {class: "marker", width: 0, height: 0});
        this.drawNames();
        drawTimeAxis(this.sheetNow, this.span, false);
        this.cross = drawCrosshair(this.sheetNow);
        root.append(this.marker, draw("rect", {class: "outline", x: area.left - 0.5,
            y: area.top - 0.5, width: this.width + 1, height: height + 1}));
        attend(root, this);
        this.sheet.replaceChildren(this.canvas, root);
        this.paint();
    }

    drawNames() {
        const {root, area} = this.sheetNow;
        const every = Math.ceil((this.rowHeight < 6 ? 22 : 15) / this.rowHeight);
        const letters = Math.floor((area.left - 14) / 6.3);
        const group = draw("g", {class: "axis"});
        for (let row = 0; row < this.rows.length; row += every) {
            const y = area.top + Math.max(6, (row + 0.5) * this.rowHeight) + 4;
            const name = this.rows[row];
            group.append(draw("text", {x: area.left - 8, y, "text-anchor": "end"},
                shortened(name, letters), draw("title", {}, name)));
        }
        root.append(group);
    }

    // Colours are the canvas's own and do not follow the style sheet: paint again when it changes.
    paint() {
        const {area} = this.sheetNow;
        const ramp = ramps[theme()];
        const scale = Math.max(1, window.devicePixelRatio || 1);
        const height = this.rowHeight * this.rows.length;
        Object.assign(this.canvas, {
            width: Math.max(1, Math.round(this.width * scale)), height: Math.round(height * scale),
        });
        // In shares of the sheet, so that the canvas shrinks with the axes on paper.
        const {width: wide, height: tall} = this.sheetNow.root.viewBox.baseVal;
        Object.assign(this.canvas.style, {
            left: `${(100 * area.left) / wide}%`, width: `${(100 * this.width) / wide}%`,
            top: `${(100 * area.top) / tall}%`, height: `${(100 * height) / tall}%`,
        });
        const context = this.canvas.getContext("2d");
        if (this.isWhole && this.cells.length) {
            context.imageSmoothingEnabled = false;
            context.drawImage(this.narrowed(this.picture(ramp)), 0, 0, this.canvas.width,
                this.canvas.height);
            if (!this.isDense) this.hatch(context, scale);
        }
        const legend = this.bar.getContext("2d");
        for (let x = 0; x <= 100; x += 1) {
            legend.fillStyle = `rgb(${shade(ramp, x / 100).join(",")})`;
            legend.fillRect(x, 0, 1, 1);
        }
    }

    // Neighbouring columns are mixed where there are more of them than pixels; rows never are.
    narrowed(picture) {
        if (this.canvas.width >= this.columns) return picture;
        const narrow = document.createElement("canvas");
        Object.assign(narrow, {width: this.canvas.width, height: this.rows.length});
        const context = narrow.getContext("2d");
        context.imageSmoothingQuality = "high";
        context.drawImage(picture, 0, 0, narrow.width, narrow.height);
        return narrow;
    }

    picture(ramp) {
        const {ground, dense} = awayTones[theme()];
        const away = this.isDense ? dense : ground;
        const tones = Uint32Array.from({length: 256}, (_, value) => {
            const [red, green, blue] = value === awayByte ? away : shade(ramp, value / full);
            return (255 << 24) | (blue << 16) | (green << 8) | red;
        });
        const small = document.createElement("canvas");
        Object.assign(small, {width: this.columns, height: this.rows.length});
        const context = small.getContext("2d");
        const image = context.createImageData(this.columns, this.rows.length);
        const pixels = new Uint32Array(image.data.buffer);
        for (let index = 0; index < pixels.length; index += 1) {
            pixels[index] = tones[this.cells[index]];
        }
        context.putImageData(image, 0, 0);
        return small;
    }

    // Draws slanted lines over every stretch in which a machine was away.
    hatch(context, scale) {
        const tile = document.createElement("canvas");
        const size = Math.round(5 * scale);
        Object.assign(tile, {width: size, height: size});
        const pen = tile.getContext("2d");
        pen.strokeStyle = awayTones[theme()].hatch;
        pen.lineWidth = scale;
        for (const shift of [-size, 0, size]) {
            pen.moveTo(shift, size);
            pen.lineTo(shift + size, 0);
        }
        pen.stroke();
        context.fillStyle = context.createPattern(tile, "repeat");
        const tall = this.canvas.height / this.rows.length;
        const wide = this.canvas.width / this.columns;
        for (let row = 0; row < this.rows.length; row += 1) {
            let start = -1;
            for (let column = 0; column <= this.columns; column += 1) {
                const isAway = column < this.columns
                    && this.cells[row * this.columns + column] === awayByte;
                if (isAway && start < 0) start = column;
                if (isAway || start < 0) continue;
                context.fillRect(start * wide, row * tall, (column - start) * wide, tall);
                start = -1;
            }
        }
    }

    column(time) {
        return Math.floor((time / this.duration) * this.columns + 1e-6);
    }

    // Follows the common cursor; a row is named only while the reader points into this figure.
    read(time) {
        if (time === null) this.place = null;
        if (this.cross) {
            const {area} = this.sheetNow;
            this.cross(time === null ? null : area.left + (area.width * time) / this.span);
        }
        const column = time === null ? -1 : this.column(time);
        const isInside = this.isWhole && this.place !== null && column < this.columns;
        this.mark(isInside ? column : -1);
        this.finding.textContent = isInside ? this.described(this.place, column)
            : time === null ? counted(this.rows.length, "row") : "after " + duration(time);
    }

    described(row, column) {
        const value = this.cells[row * this.columns + column];
        const start = (column * this.duration) / this.columns;
        return `${this.rows[row]}, after ${duration(start)}: `
            + (value === awayByte ? "away" : `${percent(value / 2)} in use`);
    }

    mark(column) {
        if (!this.marker) return;
        const {area} = this.sheetNow;
        const wide = this.width / this.columns;
        const size = column < 0 ? [0, 0] : [Math.max(2, wide), Math.max(2, this.rowHeight)];
        fill(this.marker, {
            x: area.left + column * wide, y: area.top + (this.place || 0) * this.rowHeight,
            width: size[0], height: size[1],
        }, []);
    }

    point(x, y) {
        const {area} = this.sheetNow;
        this.place = clamp(Math.floor((y - area.top) / this.rowHeight), 0, this.rows.length - 1);
        cursor.plots.forEach((plot) => { if (plot !== this) plot.place = null; });
        cursor.move(clamp(((x - area.left) / area.width) * this.span, 0, this.span * 0.99999));
    }

    step(right, down) {
        if (!this.rows.length || !this.columns) return;
        const now = cursor.time === null || this.place === null ? -1 : this.column(cursor.time);
        this.place = clamp((this.place || 0) + down, 0, this.rows.length - 1);
        const column = clamp(now < 0 ? 0 : now + right, 0, this.columns - 1);
        cursor.move(((column + 0.5) * this.duration) / this.columns);
        this.said.textContent = this.finding.textContent;
    }

    leave() {
        cursor.move(null);
    }
}
