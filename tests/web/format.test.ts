import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { aboutMoney, alike, day, exactMoney, inTen, money, moneyRange, recordedMoney, share, size, sumOf, tickMoney, toField, typedMoney } from "@/format";

const plain = (text: string) => text.replaceAll("\u00a0", " ");

describe("money", () => {
  test.each([
    [28.31, "$28"],
    [1.2, "$1.20"],
    [9.96, "$10"],
    [99.6, "$100"],
    [1234, "$1,200"],
    [1_254_321, "$1,300,000"],
    [0.42, "$0.42"],
    [0.1, "$0.10"],
    [0.999, "$1.00"],
    [0.0042, "$0.0042"],
    [0.0003, "$0.00030"],
    [0.000012, "$0.000012"],
    [0.0000042, "less than $0.00001"],
    [0, "$0"],
    [-3.9, "−$3.90"],
  ])("%d → %s", (usd, text) => expect(money(usd)).toBe(text));

  test("the headline says about, except below the smallest amount", () => {
    expect(aboutMoney(28.31)).toBe("About $28");
    expect(aboutMoney(0.0000042)).toBe("Less than $0.00001");
  });
  test("the exact figure keeps every digit", () => expect(exactMoney(0.00421357)).toBe("0.00421357 USD"));
  test("ends that would read the same get more digits", () => {
    expect(moneyRange(20.2, 41.4)).toEqual(["$20", "$41"]);
    expect(moneyRange(128.2, 131.4)).toEqual(["$128", "$131"]);
    expect(moneyRange(5, 5)).toEqual(["$5.00", "$5.00"]);
  });
  test("recorded, typed and axis amounts", () => {
    expect([recordedMoney(1234.5), recordedMoney(0.004231)]).toEqual(["$1,234.50", "$0.00423"]);
    expect([typedMoney(40), typedMoney(2.5), typedMoney(0.004)]).toEqual(["$40", "$2.50", "$0.004"]);
  });
  test("an axis: short, and evenly spaced ticks have the same decimals", () => {
    expect(tickMoney([0.0015, 0.002, 0.0025, 0.003])).toEqual(["$0.0015", "$0.0020", "$0.0025", "$0.0030"]);
    expect(tickMoney([0.1, 0.2, 0.30000000000000004])).toEqual(["$0.10", "$0.20", "$0.30"]);
    expect(tickMoney([20, 25, 30])).toEqual(["$20", "$25", "$30"]);
    expect(tickMoney([0, 0.1, 0.2])).toEqual(["$0", "$0.10", "$0.20"]);
    expect(tickMoney([0.001, 0.01, 0.1, 1, 10, 1000, 100_000, 1e6])).toEqual(["$0.001", "$0.01", "$0.10", "$1", "$10", "$1,000", "$100K", "$1M"]);
  });
  test("a remainder lets the written summands add up, though each was rounded", () => {
    const small = sumOf(0.0002346, [0.0002073]);
    expect([small.write(small.remainder), small.signed(0.0002073), small.write(0.0002346)]).toEqual(["$0.000028", "+$0.000207", "$0.000235"]);
    const large = sumOf(32.11, [9.9557, -2.2]);
    expect([large.write(large.remainder), large.signed(9.9557), large.signed(-2.2)]).toEqual(["$24.35", "+$9.96", "−$2.20"]);
  });
  test("a typical run of fractions of a cent is not $0.00 beside one of dollars", () => {
    const sum = sumOf(14.2031, [14.2]);
    expect([sum.write(sum.remainder), sum.signed(14.2), sum.write(14.2031)]).toEqual(["$0.003", "+$14.200", "$14.203"]);
    expect(sumOf(1234, [1234 - 7]).write(1234)).toBe("$1,234");
  });
  test("an amount below zero is written as the same one above", () => expect(recordedMoney(-121.25)).toBe("−$121.25"));
  const lists = JSON.parse(readFileSync(new URL("../amounts.json", import.meta.url), "utf8")) as { amounts: number[]; written: string[] }[];
  test.each(lists)("amounts of one list are shown all, and cents suffice from a dollar up: $written", ({ amounts, written }) => expect(amounts.map(alike(amounts))).toEqual(written));
});

describe("sizes", () => {
  const sizes = JSON.parse(readFileSync(new URL("../written_sizes.json", import.meta.url), "utf8")) as { bytes: number; written: string }[];
  test.each(sizes)("$bytes → $written", ({ bytes, written }) => expect(plain(size(bytes))).toBe(written));

  test("a field gets the largest unit that gives at least 1", () => {
    expect(toField(38.4e9)).toEqual({ amount: "38.4", unit: "GB" });
    expect(toField(6_400)).toEqual({ amount: "0.0064", unit: "MB" });
    expect(toField(1.23456e15)).toEqual({ amount: "1230", unit: "TB" });
  });
});

test("shares, coverages and days", () => {
  expect([0.0834, 0.123, 0, 1, 0.0999].map((value) => plain(share(value)))).toEqual(["8.3 %", "12 %", "0 %", "100 %", "10 %"]);
  expect([inTen(0.8), inTen(0.9), inTen(0.95)]).toEqual(["8 in 10", "9 in 10", "95 in 100"]);
  expect(day("2026-03-05T23:59:59Z")).toBe("5 Mar 2026");
});
