// What the libraries that a deck carries put into the page.
declare const Reveal: any;
declare const RevealNotes: any;
declare const Plotly: any;
declare const renderMathInElement: any;
interface Window {
  course: (value: any) => void;
}
