{
  description = "Observability demo: the shell with every tool and service of the stack, and the API";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-26.05";

  outputs =
    { self, nixpkgs }:
    let
      inherit (nixpkgs) lib;
      version = "1.0.0";
      systems = [
        "x86_64-linux"
        "aarch64-linux"
        "aarch64-darwin"
      ];
      each =
        make:
        lib.genAttrs systems (
          system:
          make (
            import nixpkgs {
              inherit system;
              # MinIO is no longer maintained; nixpkgs evaluates it only by permission.
              config.permittedInsecurePackages = [ "minio-2025-10-15T17-29-55Z" ];
            }
          )
        );

      # The stack's configuration is for Tempo 3; nixos-26.05 has Tempo 2.
      tempo3 =
        pkgs:
        pkgs.tempo.overrideAttrs (old: {
          version = "3.0.3";
          src = pkgs.fetchFromGitHub {
            owner = "grafana";
            repo = "tempo";
            tag = "v3.0.3";
            hash = "sha256-hwbLHB0DnZ4PufIGsa7PYy+AgO4JKFWfJbPXeiYEtro=";
          };
          # Any patch release of the Go that is in nixpkgs.
          postPatch = (old.postPatch or "") + "sed -i 's/^go 1.26.*/go 1.26.0/' go.mod";
        });

      # dependencies.lock: lines of `scope group:artifact:version sha256`. The same jars as build.sh fetches.
      jars =
        pkgs: scopes:
        let
          lines = lib.filter (line: line != "" && !lib.hasPrefix "#" line) (
            lib.splitString "\n" (builtins.readFile ./dependencies.lock)
          );
          locked = lib.filter (fields: builtins.elem (builtins.head fields) scopes) (
            map (lib.splitString " ") lines
          );
          jar =
            fields:
            let
              part = builtins.elemAt (lib.splitString ":" (builtins.elemAt fields 1));
              name = "${part 1}-${part 2}.jar";
              group = lib.replaceStrings [ "." ] [ "/" ] (part 0);
            in
            {
              inherit name;
              path = pkgs.fetchurl {
                url = "https://repo1.maven.org/maven2/${group}/${part 1}/${part 2}/${name}";
                sha256 = builtins.elemAt fields 2;
              };
            };
        in
        # A jar can have several scopes.
        pkgs.linkFarm "demo-jars" (lib.unique (map jar locked));

      # A build by build.sh without network, from these paths and the jars of these scopes.
      build =
        pkgs: paths: scopes: attributes:
        pkgs.stdenv.mkDerivation (
          {
            inherit version;
            src = lib.fileset.toSource {
              root = ./.;
              fileset = lib.fileset.unions (
                [
                  ./build.sh
                  ./dependencies.lock
                  ./src
                ]
                ++ paths
              );
            };
            nativeBuildInputs = [ pkgs.jdk25_headless ];
            JAVA_HOME = pkgs.jdk25_headless.home;
            postPatch = "patchShebangs . && mkdir lib && cp -L ${jars pkgs scopes}/*.jar lib/";
          }
          // attributes
        );
      apiScopes = [
        "agent"
        "extension"
        "run"
        "pocket"
      ];
    in
    {
      packages = each (pkgs: {
        default = build pkgs [ ] apiScopes {
          pname = "demo-api";
          buildPhase = ''
            ./build.sh jar
            # The store has one time for all files, and the AOT cache is valid only for jars with unchanged times.
            find lib build -type f -exec touch --date=@1 {} +
            ./build.sh aot
          '';
          installPhase = ''
            mkdir -p $out/share/demo $out/bin
            cp -r build lib src $out/share/demo/
            # The argument files are relative to the project's folder; the log stays in the working directory.
            cat > $out/bin/demo-api <<EOF
            #!${pkgs.runtimeShell}
            export LOG_FILE="\$(${pkgs.coreutils}/bin/realpath -m "\''${LOG_FILE:-var/logs/app.log}")"
            cd $out/share/demo && exec ${pkgs.jdk25_headless}/bin/java @build/api.args
            EOF
            chmod +x $out/bin/demo-api
          '';
          meta = {
            description = "Small HTTP API with metrics, logs and traces that carry the same trace id";
            mainProgram = "demo-api";
            platforms = systems;
          };
        };
      });

      apps = each (pkgs: {
        default = {
          type = "app";
          program = lib.getExe self.packages.${pkgs.stdenv.hostPlatform.system}.default;
          meta.description = "The observed API on port 8000";
        };
      });

      checks = each (pkgs: {
        package = self.packages.${pkgs.stdenv.hostPlatform.system}.default;
        # The service's own tests: the other tests need a browser, git, mounts or the stack's programs.
        tests =
          build pkgs
            [
              ./incidents
              ./infra
              ./test
            ]
            (
              apiScopes
              ++ [
                "test"
                "browser"
              ]
            )
            {
              pname = "demo-tests";
              buildPhase = "./build.sh test 'demo[.](api|json|log|settings)[.].*Test'";
              installPhase = "cp build/test.log $out";
            };
      });

      devShells = each (pkgs: {
        default = pkgs.mkShell {
          packages = with pkgs; [
            # to build and run
            bash
            coreutils
            curl
            gawk
            jdk25
            just
            # the stack in containers (Docker itself comes from the machine), and as native processes
            docker-compose
            grafana
            grafana-alloy
            grafana-loki
            mimir
            minio
            minio-client
            prometheus
            (tempo3 pkgs)
            # to check
            nixfmt
            shellcheck
            yamllint
          ];
          JAVA_HOME = pkgs.jdk25.home;
        };
      });

      formatter = each (pkgs: pkgs.nixfmt-tree);
    };
}
