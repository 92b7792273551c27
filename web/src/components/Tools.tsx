import { useState } from "react";
import { chooseTheme, currentTheme, THEMES, type Theme } from "@/theme";

/** Help, which is pages of its own beside the app, and how the app looks. */
export function Tools() {
  const [theme, setTheme] = useState(currentTheme);
  const choose = (next: Theme) => {
    chooseTheme(next);
    setTheme(next);
  };
  return (
    <div className="tools">
      <a href="/help/web-app.html">Help</a>
      <select aria-label="Colours" value={theme} onChange={({ target }) => choose(target.value as Theme)}>
        {Object.entries(THEMES).map(([value, name]) => (
          <option key={value} value={value}>
            {name}
          </option>
        ))}
      </select>
    </div>
  );
}
