import js from "@eslint/js";
import globals from "globals";

const libraries = { Reveal: "readonly", RevealNotes: "readonly", Plotly: "readonly", renderMathInElement: "readonly" };

export default [
  js.configs.recommended,
  {
    rules: {
      "max-lines-per-function": ["error", { max: 80 }],
      "no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
      "prefer-const": "error",
      eqeqeq: "error",
    },
  },
  { files: ["course_utils/**"], languageOptions: { globals: globals.browser } },
  { files: ["publish/**"], languageOptions: { globals: { ...globals.browser, ...libraries } } },
  { files: ["tests/**"], languageOptions: { globals: globals.node } },
];
