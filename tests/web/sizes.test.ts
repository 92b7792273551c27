import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { readSize } from "@/sizes";

const CASES = JSON.parse(readFileSync(new URL("../sizes.json", import.meta.url), "utf8")) as { text: string; bytes?: number; advice?: string }[];

describe("what people type and paste", () => {
  test.each(CASES)("$text", ({ text, ...expected }) => expect(readSize(text)).toMatchObject(expected));
  test("a given unit counts where the text has none", () => {
    expect(readSize("1,200.5", "GiB")).toEqual({ bytes: 1200.5 * 2 ** 30, number: "1,200.5", unit: "GiB" });
    expect(readSize("1.2tb", "GB")).toEqual({ bytes: 1.2e12, number: "1.2", unit: "TB" });
    expect(readSize("1e3", "gb")).toEqual({ bytes: 1e12, number: "1e3", unit: "GB" });
    expect(readSize("1.5e11")).toEqual({ bytes: 1.5e11, number: "1.5e11", unit: "B" });
  });
});
