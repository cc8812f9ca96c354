(* A whole floating-point step of Adam, and then T of them by induction.

   The program may choose another order of evaluation in each step, and another rounding in each operation. The
   exact run is that of Adam.v. The radii are computed along it, by the rules alone. *)

Require Import Reals ZArith Lra Lia List.
From Flocq Require Import Core.
From Adamcheck Require Import Rounding Radius Trees Averages Updates Adam.
Import ListNotations.
Open Scope R_scope.

Section Program.

(* The arithmetic, as in Rounding.v. *)
Variables u e : R.
Hypothesis u_positive : 0 <= u.
Hypothesis e_positive : 0 <= e.
Hypothesis small : u <= / 16.
Let k := rounding u.
Let w := underflow e.

(* Hyperparameters, and what the program has of each: B is beta, C its complement, P t its 1 - beta^t. *)
Variables lr b1 b2 eps rlr rb1 rc1 rb2 rc2 reps : R.
Variables LR B1 C1 B2 C2 EPS : R.
Variables P1 P2 rp1 rp2 : nat -> R.
Hypothesis beta1 : 0 <= b1 < 1.
Hypothesis beta2 : 0 <= b2 < 1.
Hypothesis HLR : within rlr lr LR.
Hypothesis HB1 : within rb1 b1 B1.
Hypothesis HC1 : within rc1 (1 - b1) C1.
Hypothesis HB2 : within rb2 b2 B2.
Hypothesis HC2 : within rc2 (1 - b2) C2.
Hypothesis HEPS : within reps eps EPS.
Hypothesis HP1 : forall t, within (rp1 t) (1 - b1 ^ t) (P1 t).
Hypothesis HP2 : forall t, within (rp2 t) (1 - b2 ^ t) (P2 t).
Hypothesis LR_positive : 0 < LR.
Hypothesis EPS_positive : 0 < EPS.
Hypothesis fractions : Rabs B1 <= 1 /\ Rabs C1 <= 1 /\ Rabs B2 <= 1 /\ Rabs C2 <= 1.
Hypothesis complements : Rabs (1 - B1 - C1) <= 2 * u /\ Rabs (1 - B2 - C2) <= 2 * u.
Hypothesis radii_of_complements : rb1 <= rc1 <= 1 /\ rb2 <= rc2 <= 1.

(* A gradient as the program reads it. *)
Variable rg : R -> R.

(* --- one step -------------------------------------------------------------------------------- *)

Inductive averages_to (B C O N Z : R) : Prop :=
  | by_direct f : computes u e (direct_tree f B C O N) Z -> averages_to B C O N Z
  | by_lerp f : computes u e (lerp_tree f C O N) Z -> averages_to B C O N Z
  | by_anchor f : computes u e (anchored_tree f B O N) Z -> averages_to B C O N Z.

Inductive second_moment_to (B C V G Z : R) : Prop :=
  | square_first N : rounds u e (G * G) N -> averages_to B C V N Z -> second_moment_to B C V G Z
  | weight_first f : computes u e (square_tree f B C V G) Z -> second_moment_to B C V G Z.

Inductive updates_to (M V C D Z : R) : Prop :=
  | as_defined MH VH S T P :
      rounds u e (M / C) MH -> rounds u e (V / D) VH -> 0 <= VH -> rounds u e (sqrt VH) S ->
      rounds u e (S + EPS) T -> rounds u e (LR * MH) P -> rounds u e (P / T) Z -> updates_to M V C D Z
  | in_another_order f :
      0 < C -> 0 < D -> evaluates u (update_formula f LR M V C D EPS) Z -> updates_to M V C D Z.

Definition any_order_radius (w b rb c rc o ro n rn : R) :=
  average_radius k w b rb c rc o ro n rn (1 + (Rabs c + rc)) (Rmax (Rabs c + rc) (1 + (Rabs b + rb))).

Definition first_moment_radius (m rm g : R) := any_order_radius w b1 rb1 (1 - b1) rc1 m rm g (rg g).

Definition second_moment_radius (v rv g : R) :=
  any_order_radius (w * Rmax 1 (Rabs g + rg g)) b2 rb2 (1 - b2) rc2 v rv
    (g * g) (product_radius k w g (rg g) g (rg g)).

Definition radius_of_update (m rm v rv : R) (t : nat) :=
  update_radius k w w w w w w lr rlr m rm v rv (1 - b1 ^ t) (rp1 t) (1 - b2 ^ t) (rp2 t) eps reps.

Lemma k_positive : 0 <= k /\ u <= k.
Proof. unfold k. pose proof (rounding_covers u u_positive ltac:(lra)). lra. Qed.

Lemma w_positive : 0 <= w /\ e <= w.
Proof. unfold w, underflow, roundings. lra. Qed.

Lemma one_operation (z Z : R) : rounds u e z Z -> near k w (Rabs z) z Z.
Proof.
  intros H. apply rounds_error in H. pose proof k_positive. pose proof w_positive. unfold near.
  assert (u * Rabs z <= k * Rabs z) by (apply Rmult_le_compat_r; [apply Rabs_pos | lra]). lra.
Qed.

Lemma wider (w1 w2 b rb c rc o ro n rn f g f' g' : R) :
  w1 <= w2 -> f <= f' -> g <= g' -> 0 <= ro -> 0 <= rn ->
  average_radius k w1 b rb c rc o ro n rn f g <= average_radius k w2 b rb c rc o ro n rn f' g'.
Proof.
  intros W F G O N. unfold average_radius. pose proof k_positive as [K _]. pose proof (Rabs_pos o). pose proof (Rabs_pos n).
  assert (k * f * (Rabs o + ro) <= k * f' * (Rabs o + ro)) by (apply Rmult_le_compat_r; [lra | apply Rmult_le_compat_l; lra]).
  assert (k * g * (Rabs n + rn) <= k * g' * (Rabs n + rn)) by (apply Rmult_le_compat_r; [lra | apply Rmult_le_compat_l; lra]).
  lra.
Qed.

Theorem any_average (w' b rb c rc o ro n rn B C O N Z : R) :
  w <= w' -> 0 <= b < 1 -> c = 1 - b -> within rb b B -> within rc c C -> within ro o O -> within rn n N ->
  Rabs B <= 1 -> Rabs C <= 1 -> Rabs (1 - B - C) <= 2 * u -> rb <= rc <= 1 ->
  averages_to B C O N Z -> within (any_order_radius w' b rb c rc o ro n rn) (b * o + c * n) Z.
Proof.
  intros W I D HB HC HO HN FB FC Q R H.
  pose proof (radius_nonnegative _ _ _ HO) as RO. pose proof (radius_nonnegative _ _ _ HN) as RN.
  pose proof (radius_nonnegative _ _ _ HB) as RB. pose proof (radius_nonnegative _ _ _ HC) as RC.
  assert (EB : Rabs b = b) by (apply Rabs_pos_eq; lra). assert (EC : Rabs c = c) by (apply Rabs_pos_eq; lra).
  assert (X : forall r, r <= any_order_radius w' b rb c rc o ro n rn ->
              within r (b * o + c * n) Z -> within (any_order_radius w' b rb c rc o ro n rn) (b * o + c * n) Z).
  { unfold within. intros r L A. lra. }
  pose proof (Rmax_l (Rabs c + rc) (1 + (Rabs b + rb))). pose proof (Rmax_r (Rabs c + rc) (1 + (Rabs b + rb))).
  unfold any_order_radius in *. destruct H as [f H | f H | f H].
  - apply X with (direct_radius k w b rb c rc o ro n rn); [apply wider; lra|].
    apply direct_average with (u := u) (e := e) (B := B) (C := C) (O := O) (N := N) (f := f); auto; try apply Rle_refl.
  - apply X with (lerp_radius k w b rb c rc o ro n rn); [apply wider; lra|].
    apply lerp_average with (u := u) (e := e) (B := B) (C := C) (O := O) (N := N) (f := f); auto; try apply Rle_refl.
  - apply X with (anchored_radius k w b rb c rc o ro n rn); [apply wider; lra|].
    apply anchored_average with (u := u) (e := e) (B := B) (C := C) (O := O) (N := N) (f := f); auto; try apply Rle_refl; lra.
Qed.

Theorem first_moment_of_one_step (m rm g M G Z : R) :
  within rm m M -> within (rg g) g G -> averages_to B1 C1 M G Z ->
  within (first_moment_radius m rm g) (average b1 m g) Z.
Proof.
  intros HM HG H. unfold first_moment_radius, average.
  apply any_average with B1 C1 M G; try tauto; lra.
Qed.

Theorem second_moment_of_one_step (v rv g V G Z : R) :
  within rv v V -> within (rg g) g G -> second_moment_to B2 C2 V G Z ->
  within (second_moment_radius v rv g) (average b2 v (g * g)) Z.
Proof.
  intros HV HG H. unfold second_moment_radius, average. pose proof k_positive as [K _]. pose proof w_positive as [W _].
  pose proof (Rmax_l 1 (Rabs g + rg g)) as L. pose proof (magnitude _ _ _ HG) as MG.
  assert (W1 : w * 1 <= w * Rmax 1 (Rabs g + rg g)) by (apply Rmult_le_compat_l; assumption).
  destruct H as [N HN H | f H].
  - apply any_average with B2 C2 V N; try tauto; try lra.
    apply product with G G; try assumption. exact (one_operation _ _ HN).
  - assert (D : within (direct_radius k (w * Rmax 1 (Rabs g + rg g)) b2 rb2 (1 - b2) rc2 v rv
                          (g * g) (product_radius k w g (rg g) g (rg g))) (b2 * v + (1 - b2) * (g * g)) Z).
    { apply square_average with (u := u) (e := e) (B := B2) (C := C2) (O := V) (G := G) (f := f); try tauto; try assumption.
      apply Rmult_le_compat_l; [exact W|]. apply Rmax_lub; [apply Rmax_l|].
        eapply Rle_trans; [exact MG | apply Rmax_r]. }
    unfold within in *. eapply Rle_trans; [exact D|]. unfold any_order_radius, direct_radius.
    rewrite (Rabs_pos_eq b2), (Rabs_pos_eq (1 - b2)) by lra.
    pose proof (Rmax_l (1 - b2 + rc2) (1 + (b2 + rb2))).
    pose proof (radius_nonnegative _ _ _ HB2). pose proof (radius_nonnegative _ _ _ HC2).
    apply wider; try lra.
    + exact (radius_nonnegative _ _ _ HV).
    + apply radius_nonnegative with (x := g * g) (X := G * G). apply product with G G; try assumption.
      rewrite Rminus_diag_eq, Rabs_R0 by reflexivity. pose proof (Rabs_pos (G * G)).
      assert (0 <= k * Rabs (G * G)) by (apply Rmult_le_pos; assumption). lra.
Qed.

Lemma in_order_wider (M V C D Z : R) :
  in_order k 0 0 0 0 0 0 LR M V C D EPS Z -> in_order k w w w w w w LR M V C D EPS Z.
Proof.
  intros (MH & VH & S & T & P & A). exists MH, VH, S, T, P. pose proof w_positive.
  unfold near in *. intuition lra.
Qed.

Lemma updates_in_order (M V C D Z : R) :
  0 <= V -> updates_to M V C D Z -> in_order k w w w w w w LR M V C D EPS Z.
Proof.
  intros PV [MH VH S T P H1 H2 H3 H4 H5 H6 H7 | f PC PD H].
  - exists MH, VH, S, T, P. repeat split; try assumption; try (apply one_operation; assumption).
    + pose proof (one_operation _ _ H4) as N. rewrite (Rabs_pos_eq (sqrt VH)) in N by apply sqrt_pos. exact N.
    + pose proof (one_operation _ _ H5) as N. unfold near in *. pose proof k_positive as [K _].
      assert (k * Rabs (S + EPS) <= k * (Rabs S + Rabs EPS)) by (apply Rmult_le_compat_l; [exact K | apply Rabs_triang]).
      lra.
  - apply in_order_wider. apply every_order_of_the_update with (u := u) (f := f); try assumption. apply Rle_refl.
Qed.

(* Where the rules give a finite radius. *)
Definition judged (v rv : R) (t : nat) :=
  rp1 t < Rabs (1 - b1 ^ t) /\ rp2 t < Rabs (1 - b2 ^ t)
  /\ denominator_radius k w w w v rv (1 - b2 ^ t) (rp2 t) eps reps < Rabs (sqrt (v / (1 - b2 ^ t)) + eps).

Theorem update_of_one_step (m rm v rv M V Z : R) (t : nat) :
  (1 <= t)%nat -> 0 <= v -> 0 <= V -> within rm m M -> within rv v V -> judged v rv t ->
  updates_to M V (P1 t) (P2 t) Z ->
  within (radius_of_update m rm v rv t)
         (lr * (m / (1 - b1 ^ t)) / (sqrt (v / (1 - b2 ^ t)) + eps)) Z.
Proof.
  intros T Pv PV HM HV (J1 & J2 & J3) H. unfold radius_of_update. pose proof k_positive as [K _].
  apply update_in_order with LR M V (P1 t) (P2 t) EPS; try assumption.
  - apply correction_positive; assumption.
  - apply HP1.
  - apply HP2.
  - apply updates_in_order; assumption.
Qed.

(* --- T steps --------------------------------------------------------------------------------- *)

(* The program's moments after a list of gradients, whose head is the latest. No evaluation of a second moment
   is rounded below 0. *)
Inductive program_run : list R -> R -> R -> Prop :=
  | program_start : program_run [] 0 0
  | program_next g before G M V M' V' :
      program_run before M V -> within (rg g) g G ->
      averages_to B1 C1 M G M' -> second_moment_to B2 C2 V G V' -> 0 <= V' ->
      program_run (g :: before) M' V'.

Fixpoint radii (gradients : list R) : R * R :=
  match gradients with
  | [] => (0, 0)
  | g :: before =>
      (first_moment_radius (first (run b1 b2 before)) (fst (radii before)) g,
       second_moment_radius (second (run b1 b2 before)) (snd (radii before)) g)
  end.

Theorem moments_after_all_steps (gradients : list R) (M V : R) :
  program_run gradients M V ->
  within (fst (radii gradients)) (first (run b1 b2 gradients)) M
  /\ within (snd (radii gradients)) (second (run b1 b2 gradients)) V /\ 0 <= V.
Proof.
  intros H. induction H as [|g before G M V M' V' _ (HM & HV & _) HG H1 H2 P].
  - unfold within. simpl. rewrite Rminus_diag_eq, Rabs_R0 by reflexivity. repeat split; lra.
  - simpl. repeat split; [| |exact P].
    + apply first_moment_of_one_step with M G; assumption.
    + apply second_moment_of_one_step with V G; assumption.
Qed.

Theorem update_after_all_steps (gradients : list R) (M V Z : R) :
  let t := length gradients in
  let m := first (run b1 b2 gradients) in let v := second (run b1 b2 gradients) in
  let rm := fst (radii gradients) in let rv := snd (radii gradients) in
  gradients <> [] -> program_run gradients M V -> judged v rv t -> updates_to M V (P1 t) (P2 t) Z ->
  within (radius_of_update m rm v rv t) (last_update lr b1 b2 eps gradients) (- Z).
Proof.
  intros t m v rm rv N H J U. destruct (moments_after_all_steps gradients M V H) as (HM & HV & PV).
  unfold last_update, update. rewrite steps_are_counted. apply negative.
  apply update_of_one_step with M V; try assumption.
  - unfold t. clear - N. destruct gradients; [contradiction | simpl; lia].
  - apply second_moment_is_not_negative. exact beta2.
Qed.

(* The exact run is one of these programs, if it has the exact decay rates: the assumptions can be met. *)
Theorem exact_run_is_a_program (gradients : list R) :
  B1 = b1 -> C1 = 1 - b1 -> B2 = b2 -> C2 = 1 - b2 -> (forall g, 0 <= rg g) ->
  program_run gradients (first (run b1 b2 gradients)) (second (run b1 b2 gradients)).
Proof.
  intros E1 E2 E3 E4 G.
  assert (X : forall a z, 0 <= a -> rounds u a z z).
  { intros a z A. exists 0, 0. rewrite Rabs_R0. repeat split; try assumption; ring. }
  assert (Y : forall B C O N, averages_to B C O N (B * O + C * N)).
  { intros B C O N. apply by_direct with DirectSum. simpl.
    apply plus with (B * O) (C * N); [| |apply X; exact e_positive].
    - apply times with B O; [apply entered with B; [constructor | apply X; lra] | constructor | apply X; exact e_positive].
    - apply times with C N; [apply entered with C; [constructor | apply X; lra] | constructor | apply X; exact e_positive]. }
  induction gradients as [|g before IH]; [constructor|]. simpl. unfold average. apply program_next with g (first (run b1 b2 before)) (second (run b1 b2 before)).
  - exact IH.
  - unfold within. rewrite Rminus_diag_eq, Rabs_R0 by reflexivity. apply G.
  - rewrite E1, E2. apply Y.
  - apply square_first with (g * g); [apply X; exact e_positive|]. rewrite E3, E4. apply Y.
  - exact (second_moment_is_not_negative b1 b2 (g :: before) beta2).
Qed.

End Program.

(* In a format, with one rounding for each operation that is written. *)
Theorem average_in_a_format (emin prec : Z) (bits : Prec_gt_0 prec) (flushes : bool)
    (b rb c rc o ro n rn B C O N X Y Z : R) :
  (4 <= prec)%Z -> c = 1 - b ->
  within rb b B -> within rc c C -> within ro o O -> within rn n N ->
  result emin prec flushes (B * O) X -> result emin prec flushes (C * N) Y -> result emin prec flushes (X + Y) Z ->
  within (direct_radius (rounding (unit prec)) (underflow (lost emin prec flushes)) b rb c rc o ro n rn)
         (b * o + c * n) Z.
Proof.
  intros P D HB HC HO HN HX HY HZ. pose proof (unit_positive prec) as U.
  pose proof (tiny_positive emin). pose proof (half_tiny_below_normal emin prec).
  assert (E : 0 <= lost emin prec flushes) by (destruct flushes; simpl; lra).
  assert (I : forall z, rounds (unit prec) 0 z z).
  { intros z. exists 0, 0. rewrite Rabs_R0. repeat split; try lra; ring. }
  apply direct_average with (u := unit prec) (e := lost emin prec flushes) (B := B) (C := C) (O := O) (N := N)
    (f := DirectSum); try assumption; try lra; try reflexivity; try apply Rle_refl.
  - apply four_bits_suffice. exact P.
  - simpl. apply plus with X Y; [| |apply (result_rounds emin prec); exact HZ].
    + apply times with B O; [apply entered with B; [constructor | apply I] | constructor | apply (result_rounds emin prec); exact HX].
    + apply times with C N; [apply entered with C; [constructor | apply I] | constructor | apply (result_rounds emin prec); exact HY].
Qed.
