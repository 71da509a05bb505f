{
  description = "Observability demo: the shell with every tool and service of the stack, and the API";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-26.05";

  outputs = { self, nixpkgs }:
    let
      inherit (nixpkgs) lib;
      systems = [ "x86_64-linux" "aarch64-linux" "x86_64-darwin" "aarch64-darwin" ];
      # For each system: its packages. MinIO is no longer maintained, and nixpkgs says so until it is permitted by name.
      each = make: lib.genAttrs systems (system: make (import nixpkgs {
        inherit system;
        config.permittedInsecurePackages = [ "minio-2025-10-15T17-29-55Z" ];
      }));

      # dependencies.lock: lines of `scope group:artifact:version sha256`, the same jars with the same bytes as build.sh's.
      locked = scopes:
        let
          fields = line: lib.splitString " " line;
          lines = lib.filter (line: line != "" && !(lib.hasPrefix "#" line))
            (lib.splitString "\n" (builtins.readFile ./dependencies.lock));
        in lib.filter (line: builtins.elem (builtins.head line) scopes) (map fields lines);
      jar = pkgs: line:
        let
          coordinates = lib.splitString ":" (builtins.elemAt line 1);
          part = builtins.elemAt coordinates;
          name = "${part 1}-${part 2}.jar";
          group = lib.replaceStrings [ "." ] [ "/" ] (part 0);
        in {
          inherit name;
          path = pkgs.fetchurl {
            url = "https://repo1.maven.org/maven2/${group}/${part 1}/${part 2}/${name}";
            sha256 = builtins.elemAt line 2;
          };
        };
    in {
      packages = each (pkgs: {
        # The API as build.sh builds it: the jars are laid into lib/, so nothing is fetched.
        default = pkgs.stdenv.mkDerivation {
          name = "demo-api";
          src = lib.fileset.toSource {
            root = ./.;
            fileset = lib.fileset.unions [ ./build.sh ./dependencies.lock ./src ];
          };
          nativeBuildInputs = [ pkgs.curl pkgs.jdk25 ];
          buildPhase = ''
            patchShebangs build.sh
            mkdir lib
            ${lib.concatMapStringsSep "\n" (line: let j = jar pkgs line; in "cp ${j.path} lib/${j.name}")
              (locked [ "agent" "extension" "run" "pocket" ])}
            export JAVA_HOME=${pkgs.jdk25.home}
            ./build.sh jar
            # The store knows one time only, and the AOT cache is for jars of the time that it has seen.
            find lib build -type f -exec touch --date=@1 {} +
            ./build.sh aot
          '';
          installPhase = ''
            mkdir -p $out/share/demo $out/bin
            cp -r build lib src $out/share/demo/
            # Its argument files name jars from the project's folder; the log stays where it is started.
            cat > $out/bin/demo-api <<EOF
            #!${pkgs.runtimeShell}
            export LOG_FILE="\$(realpath -m "\''${LOG_FILE:-var/logs/app.log}")"
            cd $out/share/demo && exec ${pkgs.jdk25}/bin/java @build/api.args
            EOF
            chmod +x $out/bin/demo-api
          '';
          meta.mainProgram = "demo-api";
        };
      });

      apps = each (pkgs: {
        default = {
          type = "app";
          program = "${self.packages.${pkgs.stdenv.hostPlatform.system}.default}/bin/demo-api";
        };
      });

      devShells = each (pkgs: {
        default = pkgs.mkShell {
          packages = with pkgs; [
            # to build and run
            bash curl gawk jdk25 just
            # the stack in containers (Docker itself is the machine's), and as native processes
            docker-compose grafana grafana-alloy grafana-loki mimir minio minio-client prometheus python3Packages.supervisor tempo
            # to check
            nixfmt-rfc-style shellcheck yamllint
          ];
          JAVA_HOME = pkgs.jdk25.home;
        };
      });

      formatter = each (pkgs: pkgs.nixfmt-rfc-style);
    };
}
