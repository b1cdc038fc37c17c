// DigitPipeline
