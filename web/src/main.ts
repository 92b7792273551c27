import "./styles/base.css";
import "./styles/controls.css";
import "./styles/table.css";
import "./styles/form.css";
import "./styles/result.css";
import "./styles/print.css";
import { makeQueryClient } from "./api/queryOptions";
import { askEarly } from "./early";
import { PAGES } from "./pages";

const queryClient = makeQueryClient();
void askEarly(queryClient, location);
// The app loads its page itself; this only begins sooner, so whoever needs the page is told what goes wrong.
PAGES.find(({ path }) => path === location.pathname)
  ?.load()
  .catch(() => undefined);
void import("./start").then(({ start }) => start(queryClient));
