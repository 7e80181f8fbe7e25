declare module "vader-sentiment" {
  /** Hutto & Gilbert, VADER: A Parsimonious Rule-based Model for Sentiment Analysis of Social Media Text (ICWSM 2014). */
  const vader: { SentimentIntensityAnalyzer: { polarity_scores: (text: string) => { compound: number } } };
  export default vader;
}
