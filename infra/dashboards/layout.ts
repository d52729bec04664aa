// Pure: where panels stand on a grid of 24 columns, which Grafana and HyperDX have both.
import { type Panel, type PanelKind } from "../../schema/dashboards";

/** Place and size in cells. */
export interface Place {
    readonly x: number;
    readonly y: number;
    readonly w: number;
    readonly h: number;
}

const columns = 24;
const sizes: Readonly<Record<PanelKind, { readonly w: number; readonly h: number }>> = {
    stat: { w: 6, h: 4 },
    lines: { w: 12, h: 8 },
    bars: { w: 12, h: 8 },
    table: { w: 24, h: 9 },
};

/** A place for each panel, in reading order, row by row; none overlaps another. */
export function placed(panels: readonly Panel[]): readonly (readonly [Panel, Place])[] {
    let [x, y, rowHeight] = [0, 0, 0];
    return panels.map((panel) => {
        const { w, h } = sizes[panel.kind];
        if (x + w > columns) [x, y, rowHeight] = [0, y + rowHeight, 0];
        const place = { x, y, w, h };
        x += w;
        rowHeight = Math.max(rowHeight, h);
        return [panel, place] as const;
    });
}
