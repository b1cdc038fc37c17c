import Foundation
import TestSupport
import Testing

/// Runs on a file system that is full: a small tmpfs in a mount namespace of its own.
@Suite struct FullDiskTests {
    /// Needs the right to mount, as root or in a user namespace.
    static let unshare: [String]? = [["-m"], ["-rm"]].first { flags in
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["unshare"] + flags + ["sh", "-c", "mount -t tmpfs tmpfs /mnt"]
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }

    @Test(.enabled(if: unshare != nil, "mounting a small file system isn't allowed here"))
    func aFullDiskIsAClearErrorAndTheStoreStaysWhole() throws {
        try Workspace.within { workspace in
            let script = """
                set -e
                mkdir disk && mount -t tmpfs -o size=4m tmpfs disk
                run() { "$TESSERA" run --home disk/home "$@"; }
                run $FLAGS > first.txt 2> first.err
                # All but so much is taken.
                for left in 0 8 40 160; do
                    rm -f disk/filler
                    free=$(df --output=avail -k disk | tail -1)
                    head -c $(( (free - left) * 1024 )) /dev/zero > disk/filler || true
                    status=0
                    run $FLAGS --seed 7 > full-$left.txt 2> full-$left.err || status=$?
                    echo $status > full-$left.status
                done
                "$TESSERA" runs list --home disk/home > full.list 2> full.list.err
                "$TESSERA" runs gc --home disk/home > full.gc 2> full.gc.err
                rm disk/filler
                mount --bind disk/home disk/home
                mount -o remount,ro,bind disk/home
                "$TESSERA" report --home disk/home -o report.html > ro.txt 2> ro.err
                umount disk/home
                "$TESSERA" runs list --home disk/home --json > list.json
                "$TESSERA" models verify --home disk/home > verify.txt
                run $FLAGS > again.txt 2> again.err
                run $FLAGS --seed 7 --json > other.json 2> other.err
                find disk/home -name '.*tmp' > leftovers.txt
                """
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            process.arguments =
                ["unshare"] + (try #require(Self.unshare)) + ["sh", "-c", script]
            process.currentDirectoryURL = workspace.folder
            process.environment = [
                "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "",
                "TESSERA": programURL.path, "FLAGS": workspace.flags.joined(separator: " "),
                "TESSERA_CACHE": workspace.folder.appendingPathComponent("cache").path,
            ]
            process.standardError = FileHandle.nullDevice
            try process.run()
            process.waitUntilExit()

            func text(_ name: String) throws -> String {
                try String(
                    contentsOf: workspace.folder.appendingPathComponent(name), encoding: .utf8)
            }
            let first = try text("first.err")
            #expect(process.terminationStatus == 0, "\(first)")
            for left in [0, 8, 40] {
                let errors = try text("full-\(left).err")
                #expect(try text("full-\(left).status") == "2\n", "\(left): \(errors)")
                #expect(
                    errors.contains("disk is full") || errors.contains("No space left on device"),
                    "\(left): \(errors)")
                #expect(errors.contains("disk/home/"), "\(left): \(errors)")
            }
            #expect(try text("full.list").contains("succeeded"))
            // Checkpoints are what there is most of.
            let cleaned = try text("full.gc")
            #expect(!cleaned.contains(" 0 checkpoints") && cleaned.contains("removed"))
            #expect(try text("ro.err").contains("read from a copy"))
            #expect(try text("report.html").contains("Learning curves"))
            #expect(try text("verify.txt").contains("every model verify"))
            #expect(try text("again.err").contains("[6/6] predictions"))
            #expect(try text("other.err").contains("[3/6] model"))
            #expect(try text("leftovers.txt").isEmpty)
            let runs = try JSONSerialization.jsonObject(with: Data(text("list.json").utf8))
            #expect(((runs as? [String: Any])?["runs"] as? [Any])?.isEmpty == false)
        }
    }
}
