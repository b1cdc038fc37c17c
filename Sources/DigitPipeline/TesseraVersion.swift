/// The program's version, recorded with each run and model.
public enum TesseraVersion {
    public static let current = "0.1.0"
}
