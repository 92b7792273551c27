import { expect, test } from "vitest";
import { addressProblems } from "@/address";
import { earlyRequest } from "@/estimate/early";
import { PAGES } from "@/pages";

test.each([
  ["/", ""],
  ["/", "?workflow=w&input=120&iu=GB&output=1&ou=TiB&budget=50&team=a&p.trim.length=3&p.paired=true"],
  ["/", "workflow=&input="],
  ["/batch", "budget=5&team=genomics&sort=cost&order=ascending"],
  ["/runs", "workflow=w&status=FAILED&tag=team:a&from=2026-02-28&to="],
  ["/predictions", "workflow=w&from=2026-02-28&to="],
  ["/predictions", "mine=true"],
  ["/predictions", "prediction=0f8fad5b-d9cb-469f-a165-70867728950e"],
  ["/predictions", "prediction=0f8fad5b-d9cb-469f-a165-70867728950e.500&sort=then&order=descending"],
  ["/models", "workflow=w&retraining=r"],
  ["/budgets", "month=2026-11&team=No+team&sort=spent"],
])("%s?%s is understood", (path, search) => expect(addressProblems(path, search)).toEqual([]));

test.each([
  ["/", "iu=PB", "“iu” can be MB, GB, TB, GiB or TiB, and not “PB”."],
  ["/", "iu=gb", "“iu” can be MB, GB, TB, GiB or TiB, and not “gb”."],
  ["/", "Input=3", "“Input” means nothing on this page."],
  ["/", "p._x=1", "“p._x” means nothing on this page."],
  ["/", "p.a=1&p.a=2", "“p.a” is there 2 times."],
  ["/batch", "iu=GB", "“iu” means nothing on this page."],
  ["/runs", "from=2026-02-30", "“from” must be a day like 2026-11-30, and not “2026-02-30”."],
  ["/runs", "to=yesterday", "“to” must be a day like 2026-11-30, and not “yesterday”."],
  ["/predictions", "mine=false", "“mine” can only be true."],
  ["/predictions", "team=", "“team” is empty."],
  ["/predictions", "sort=cost", "“sort” means nothing on this page."],
  ["/predictions", "prediction=0f8fad5b", "“prediction” must be the id of a prediction, and not “0f8fad5b”."],
  ["/predictions", "prediction=0f8fad5b-d9cb-469f-a165-70867728950e&team=a", "“team” means nothing on this page."],
  ["/accuracy", "workflow=", "“workflow” is empty."],
  ["/budgets", "month=2026-13", "“month” must be a month like 2026-11, and not “2026-13”."],
  ["/budgets", "toString=1", "“toString” means nothing on this page."],
])("%s?%s is not", (path, search, words) => expect(addressProblems(path, search)).toEqual([words]));

test.each(PAGES)("$path says what its address may hold", ({ path }) => expect(addressProblems(path, "nonsense=1")).toHaveLength(1));

test("all that is not understood is named", () => expect(addressProblems("/", "a=1&iu=PB&b=2&a=3")).toHaveLength(3));

test("nothing is asked early of an address that is not understood", () => {
  expect(earlyRequest("workflow=w&input=9&iu=GB")).not.toBeNull();
  for (const search of ["workflow=w&input=9&iu=PB", "workflow=w&input=9&x=1", "workflow=w&input=9&input=9"]) expect(earlyRequest(search)).toBeNull();
});
