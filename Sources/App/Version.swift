/// The release that this source is, or becomes next.
public enum Version {
  public static let current = "0.1.0"
}
