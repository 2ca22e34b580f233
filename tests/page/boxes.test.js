// The map's boxes are those of the model, and the focus panel shows all that they compute.

import assert from "node:assert/strict";
import { test } from "node:test";

import { boxesOf, boxOf } from "../../transformer/explain/page/boxes.js";
import { layOutMap } from "../../transformer/explain/page/map_layout.js";
import { arraysOf } from "../../transformer/explain/page/views/focus_arrays.js";
import { fixture } from "./fixtures.js";

for (const { name, model, trace: recorded } of fixture("variants")) {
  const boxes = boxesOf(model);
  const trace = new Map(Object.entries(recorded));

  test(`${name}: what a box reads and writes is in the trace`, () => {
    for (const box of boxes) {
      for (const part of [box.reads, box.writes, box.memory, box.change].filter(Boolean)) {
        assert.ok(trace.has(part), `${box.id}: ${part}`);
      }
    }
    assert.equal(new Set(boxes.map(({ id }) => id)).size, boxes.length);
  });

  test(`${name}: what one box writes, the next one on its side reads`, () => {
    const norms = new Map(boxes.filter(({ kind }) => kind === "add_norm").map((b) => [b.sublayer, b]));
    for (const side of ["source", "target", "text"]) {
      let stream = null;
      for (const box of boxes.filter((each) => each.side === side)) {
        if (box.kind === "tokens") continue;
        if (box.kind === "attention" || box.kind === "mlp") {
          const { id } = norms.get(box.id);
          assert.equal(box.reads, model.config.pre_norm ? `${id}.norm.output` : stream);
          continue;
        }
        if (stream !== null) assert.equal(box.reads, stream, box.id);
        stream = box.writes;
      }
    }
  });

  test(`${name}: every intermediate has its box, and the panel of that box shows it`, () => {
    const shown = new Map(); // name → box
    for (const box of boxes) {
      for (let head = 0; head < model.config.n_heads; head++) {
        for (const array of arraysOf(box, model, trace, head)) {
          assert.equal(array.at.length, trace.get(array.trace).shape.length - 2, array.trace);
          array.at.forEach((i, axis) => assert.ok(i < trace.get(array.trace).shape[axis]));
          if (boxOf(boxes, array.trace) === box) shown.set(array.trace, box);
        }
      }
    }
    for (const part of trace.keys()) {
      const box = boxOf(boxes, part);
      assert.ok(box, part);
      const isEnd = part.endsWith(".residual") && !model.config.pre_norm && box.kind === "add_norm";
      if (!isEnd) assert.equal(shown.get(part), box, part); // there it is norm.output once more
    }
  });

  test(`${name}: the map has each box and a line to it, and none lies on another`, () => {
    for (const width of [340, 450, 900]) {
      const { places, edges, height } = layOutMap(model, boxes, width);
      for (const box of boxes) assert.ok(places.some((place) => place.box === box), box.id);
      const reached = new Set(edges.map(({ to }) => to));
      for (const { id, kind } of boxes) assert.ok(kind === "tokens" || reached.has(id), id);
      for (const { to } of edges) assert.ok(boxes.some(({ id }) => id === to), to);
      places.forEach((a, i) => {
        assert.ok(a.x >= 0 && a.x + a.w <= width && a.y >= 0 && a.y + a.h <= height, a.box.id);
        for (const b of places.slice(i + 1)) {
          const isApart = a.x + a.w <= b.x || b.x + b.w <= a.x || a.y + a.h <= b.y || b.y + b.h <= a.y;
          assert.ok(isApart, `${a.box.id} and ${b.box.id}`);
        }
      });
    }
  });
}
