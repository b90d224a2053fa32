// What a unit does, as pictures: all maps of a layer, one map over the picture, a gradient. `demos.deepvis.units`.
import type { Maps } from "../engine/network.ts";
import { resize, type Pixels } from "./pictures.ts";

const GAMMA = 0.6; // of the maps' brightness, so that a projector shows faint answers too
const LINE = 40; // grey level of the lines between the maps

export interface Grid {
  image: Pixels;
  columns: number;
  cell: number;
}

export function quantile(values: Float32Array, share: number): number {
  const sorted = values.slice().sort();
  const place = share * (sorted.length - 1);
  const low = Math.floor(place);
  return sorted[low] + (place - low) * ((sorted[low + 1] ?? sorted[low]) - sorted[low]);
}

// The highest activation of each unit.
export function peaks(maps: Maps): Float32Array {
  const places = maps.height * maps.width;
  const found = new Float32Array(maps.channels).fill(-Infinity);
  for (let i = 0; i < maps.data.length; i++) {
    const unit = Math.floor(i / places);
    if (maps.data[i] > found[unit]) found[unit] = maps.data[i];
  }
  return found;
}

export function strongest(maps: Maps): number {
  const found = peaks(maps);
  return found.indexOf(found.reduce((a, b) => Math.max(a, b)));
}

// The activation that the brightest colour stands for: 3% of the units exceed it somewhere.
export function brightest(maps: Maps): number {
  const most = peaks(maps).map((value) => Math.max(value, 0));
  return Math.max(quantile(most, 0.97), 1e-3 * most.reduce((a, b) => Math.max(a, b)), 1e-12);
}

// All maps in a square of at most `side` pixels; unit u is in row u / columns. `palette` is (256 x 3).
export function gridPicture(maps: Maps, side: number, palette: Uint8Array): Grid {
  const columns = Math.ceil(Math.sqrt(maps.channels));
  const cell = Math.max(Math.floor(side / columns), 2);
  const tile = cell - 1; // one pixel between two maps
  const most = brightest(maps);
  const positive = maps.data.map((value) => Math.max(value, 0));
  const shrunk = resize(positive, maps.channels, maps.height, maps.width, tile, tile);
  const [width, height] = [columns * cell, Math.ceil(maps.channels / columns) * cell];
  const levels = new Uint8Array(width * height);
  for (let unit = 0; unit < maps.channels; unit++) {
    const start = Math.floor(unit / columns) * cell * width + (unit % columns) * cell;
    for (let row = 0; row < cell; row++) {
      for (let column = 0; column < cell; column++) {
        const inside = row < tile && column < tile;
        const value = inside ? shrunk[(unit * tile + row) * tile + column] / most : 0;
        levels[start + row * width + column] = inside ? Math.round(255 * Math.min(value, 1) ** GAMMA) : LINE;
      }
    }
  }
  return { image: coloured(levels, width, height, palette), columns, cell };
}

function coloured(levels: Uint8Array, width: number, height: number, palette: Uint8Array): Pixels {
  const data = new Uint8ClampedArray(4 * levels.length).fill(255);
  levels.forEach((level, i) => data.set(palette.subarray(3 * level, 3 * level + 3), 4 * i));
  return { data, width, height };
}

// The picture, bright where a unit's map is and dark elsewhere.
export function activationOver(picture: Pixels, maps: Maps, unit: number): Pixels {
  const places = maps.height * maps.width;
  const own = maps.data.slice(unit * places, (unit + 1) * places).map((value) => Math.max(value, 0));
  const most = Math.max(own.reduce((a, b) => Math.max(a, b)), 1e-12);
  const strength = resize(own, 1, maps.height, maps.width, picture.height, picture.width);
  const data = picture.data.slice();
  strength.forEach((value, i) => {
    const light = 0.12 + (0.88 * value) / most;
    for (let c = 0; c < 3; c++) data[4 * i + c] *= light;
  });
  return { data, width: picture.width, height: picture.height };
}

// A gradient (3, side, side) as colours about middle grey; the largest 0.1% are cut off.
export function gradientPicture(gradient: Float32Array): Pixels {
  const places = gradient.length / 3;
  const side = Math.round(Math.sqrt(places));
  const most = Math.max(quantile(gradient.map(Math.abs), 0.999), 1e-12);
  const data = new Uint8ClampedArray(4 * places).fill(255);
  for (let c = 0; c < 3; c++) {
    for (let i = 0; i < places; i++) data[4 * i + c] = 127.5 + (127.5 * gradient[c * places + i]) / most;
  }
  return { data, width: side, height: side };
}
