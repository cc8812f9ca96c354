(* Every order in which programs evaluate a moving average, each within the radius of its rule. *)

Require Import Reals Lra Psatz ZArith.
From Adamcheck Require Import Rounding Radius Trees.
Open Scope R_scope.

(* --- the moving average ---------------------------------------------------------------------- *)

Inductive direct_form := DirectSum | DirectFmaOld | DirectFmaNew.
Inductive lerp_form := Lerp | LerpFma | LerpBack.
Inductive anchored_form := Anchored | AnchoredFma | AnchoredBack.

Definition direct_tree (f : direct_form) (B C O N : R) : tree :=
  let b := Entered (Held B) in let c := Entered (Held C) in
  match f with
  | DirectSum => Plus (Times b (Held O)) (Times c (Held N))
  | DirectFmaOld => Fma b (Held O) (Times c (Held N))
  | DirectFmaNew => Fma c (Held N) (Times b (Held O))
  end.

Definition lerp_tree (f : lerp_form) (C O N : R) : tree :=
  let c := Entered (Held C) in
  match f with
  | Lerp => Plus (Held O) (Times c (Minus (Held N) (Held O)))
  | LerpFma => Fma c (Minus (Held N) (Held O)) (Held O)
  | LerpBack => Minus (Held O) (Times c (Minus (Held O) (Held N)))
  end.

Definition anchored_tree (f : anchored_form) (B O N : R) : tree :=
  let b := Entered (Held B) in
  match f with
  | Anchored => Plus (Held N) (Times b (Minus (Held O) (Held N)))
  | AnchoredFma => Fma b (Minus (Held O) (Held N)) (Held N)
  | AnchoredBack => Minus (Held N) (Times b (Minus (Held N) (Held O)))
  end.

(* The second moment where the weight multiplies before the second gradient does. *)
Inductive square_form := WeightFirst | WeightFirstFma.

Definition square_tree (f : square_form) (B C V G : R) : tree :=
  let b := Times (Entered (Held B)) (Held V) in let c := Times (Entered (Held C)) (Held G) in
  match f with
  | WeightFirst => Plus b (Times c (Held G))
  | WeightFirstFma => Fma c (Held G) b
  end.

Section Average.
Variables u e : R.
Hypothesis u_positive : 0 <= u.
Hypothesis e_positive : 0 <= e.
Hypothesis small : u <= / 16.

Lemma no_relative_error (x : R) : x <= 16 * e -> Rmax (u * x) e = e.
Proof. intros L. apply Rmax_right. nra. Qed.

Ltac underflows X :=
  assert (0 <= X * e <= e) by nra;
  assert (0 <= u * (X * e) <= e) by nra;
  simpl;
  repeat match goal with
  | |- context [Rmax (u * ?x) e] =>
      lazymatch x with context [Rmax _ _] => fail | _ => rewrite (no_relative_error x) by lra end
  end;
  lra.

(* At most four roundings underflow. *)
Lemma direct_underflow (f : direct_form) (B C O N : R) : absolute u e (direct_tree f B C O N) <= 4 * e.
Proof. destruct f; underflows 0. Qed.

Lemma lerp_underflow (f : lerp_form) (C O N : R) : Rabs C <= 1 -> absolute u e (lerp_tree f C O N) <= 4 * e.
Proof. intros L. pose proof (Rabs_pos C). destruct f; underflows (Rabs C). Qed.

Lemma anchored_underflow (f : anchored_form) (B O N : R) :
  Rabs B <= 1 -> absolute u e (anchored_tree f B O N) <= 4 * e.
Proof. intros L. pose proof (Rabs_pos B). destruct f; underflows (Rabs B). Qed.

Lemma absolute_error (x M : R) : 1 <= M -> x <= 16 * (e * M) -> Rmax (u * x) e <= e * M.
Proof. intros L H. assert (e * 1 <= e * M) by (apply Rmult_le_compat_l; lra). apply Rmax_lub; nra. Qed.

Lemma square_underflow (f : square_form) (B C V G : R) :
  absolute u e (square_tree f B C V G) <= 4 * (e * Rmax 1 (Rabs G)).
Proof.
  pose proof (Rmax_l 1 (Rabs G)) as L. pose proof (Rmax_r 1 (Rabs G)) as H. set (M := Rmax 1 (Rabs G)) in *.
  assert (e * 1 <= e * M) by (apply Rmult_le_compat_l; lra).
  assert (e * Rabs G <= e * M) by (apply Rmult_le_compat_l; lra).
  set (x := e * Rabs G) in *.
  assert (T : Rmax (u * x) e <= e * M) by (apply absolute_error; lra).
  assert (Z : Rmax (u * 0) e = e) by (apply Rmax_right; lra).
  destruct f; simpl.
  - match goal with |- context [Rmax (u * ?a) e] =>
      lazymatch a with context [Rmax _ _] => fail | context [B] => replace a with 0 by ring end end.
    rewrite Z.
    match goal with |- context [Rmax (u * ?a) e] =>
      lazymatch a with context [Rmax _ _] => fail | context [C] => replace a with 0 by ring end end.
    rewrite Z.
    match goal with |- context [Rmax (u * ?a) e] =>
      lazymatch a with context [Rmax _ _] => fail | _ => replace a with x by (unfold x; ring) end end.
    match goal with |- _ + Rmax (u * ?a) e <= _ => pose proof (absolute_error a M L ltac:(lra)) end. lra.
  - match goal with |- context [Rmax (u * ?a) e] =>
      lazymatch a with context [Rmax _ _] => fail | context [B] => replace a with 0 by ring end end.
    rewrite Z.
    match goal with |- context [Rmax (u * ?a) e] =>
      lazymatch a with context [Rmax _ _] => fail | context [C] => replace a with 0 by ring end end.
    rewrite Z.
    match goal with |- _ + Rmax (u * ?a) e <= _ =>
      replace a with (x + e) by (unfold x; ring); pose proof (absolute_error (x + e) M L ltac:(lra)) end. lra.
Qed.

Variables k w b rb c rc o ro n rn B C O N : R.
Hypothesis budget : k = rounding u.
Hypothesis underflows : underflow e <= w.
Hypothesis complement : c = 1 - b.
Hypothesis HB : within rb b B.
Hypothesis HC : within rc c C.
Hypothesis HO : within ro o O.
Hypothesis HN : within rn n N.
Hypothesis B_fraction : Rabs B <= 1.
Hypothesis C_fraction : Rabs C <= 1.

Lemma budget_covers : 4 * u + 16 * (u * u) <= k.
Proof.
  rewrite budget. unfold rounding, roundings.
  apply Rmult_le_reg_r with (1 - 4 * u); [lra|].
  replace (4 * u / (1 - 4 * u) * (1 - 4 * u)) with (4 * u) by (field; lra). nra.
Qed.

Lemma budget_covers_powers :
  0 <= k /\ 3 * u <= k /\ (1 + u) ^ 3 - 1 <= k /\ (1 + u) ^ 4 - 1 <= k.
Proof.
  pose proof budget_covers. assert (0 <= u * u) by nra. assert (u * u <= u * / 16) by nra.
  assert (u * u * u <= u * u * / 16) by nra.
  assert (u * u * u * u <= u * u * / 16 * / 16).
  { replace (u * u * u * u) with (u * u * (u * u)) by ring.
    replace (u * u * / 16 * / 16) with (u * u * (/ 16 * / 16)) by ring. apply Rmult_le_compat_l; nra. }
  repeat split; lra.
Qed.

(* The weights P and Q that a form amounts to may differ a little from B and C. *)
Lemma weighted (P Q p q of_o of_n a d Z : R) :
  within (rb + p) b P -> within (rc + q) c Q -> 0 <= a -> 0 <= d ->
  p + a <= k * of_o -> q + d <= k * of_n ->
  Rabs (Z - (P * O + Q * N)) <= a * Rabs O + d * Rabs N + w ->
  within (average_radius k w b rb c rc o ro n rn of_o of_n) (b * o + c * n) Z.
Proof.
  intros HP HQ A D KO KN H.
  pose proof (magnitude _ _ _ HO) as MO. pose proof (magnitude _ _ _ HN) as MN.
  pose proof (radius_nonnegative _ _ _ HO). pose proof (radius_nonnegative _ _ _ HN).
  pose proof (Rabs_pos o). pose proof (Rabs_pos n).
  assert (T : forall x rx y ry X Y, within rx x X -> within ry y Y ->
     Rabs (X * Y - x * y) <= (Rabs x + rx) * ry + rx * Rabs y).
  { intros x rx y ry X Y HX HY. replace (X * Y - x * y) with (X * (Y - y) + (X - x) * y) by ring.
    eapply Rle_trans; [apply Rabs_triang|]. rewrite !Rabs_mult. pose proof (magnitude _ _ _ HX).
    apply Rplus_le_compat; apply Rmult_le_compat; try apply Rabs_pos; unfold within in *; lra. }
  pose proof (T _ _ _ _ _ _ HP HO) as TO. pose proof (T _ _ _ _ _ _ HQ HN) as TN.
  assert (E : Rabs (P * O + Q * N - (b * o + c * n))
              <= (Rabs b + (rb + p)) * ro + (rb + p) * Rabs o + ((Rabs c + (rc + q)) * rn + (rc + q) * Rabs n)).
  { replace (P * O + Q * N - (b * o + c * n)) with ((P * O - b * o) + (Q * N - c * n)) by ring.
    eapply Rle_trans; [apply Rabs_triang|]. lra. }
  pose proof (two_errors _ _ _ _ _ H E) as F. unfold within, average_radius.
  assert (a * Rabs O <= a * (Rabs o + ro)) by (apply Rmult_le_compat_l; lra).
  assert (d * Rabs N <= d * (Rabs n + rn)) by (apply Rmult_le_compat_l; lra).
  assert ((p + a) * (Rabs o + ro) <= k * of_o * (Rabs o + ro)) by (apply Rmult_le_compat_r; lra).
  assert ((q + d) * (Rabs n + rn) <= k * of_n * (Rabs n + rn)) by (apply Rmult_le_compat_r; lra).
  assert (0 <= rb * ro) by (apply Rmult_le_pos; [exact (radius_nonnegative _ _ _ HB) | lra]).
  assert (0 <= rc * rn) by (apply Rmult_le_pos; [exact (radius_nonnegative _ _ _ HC) | lra]).
  lra.
Qed.

Lemma powers_grow : 1 <= (1 + u) ^ 2 <= (1 + u) ^ 3 /\ (1 + u) ^ 3 <= (1 + u) ^ 4.
Proof.
  assert (G : forall m, (1 + u) ^ m <= (1 + u) ^ S m).
  { intros m. simpl. assert (0 < (1 + u) ^ m) by (apply pow_lt; lra). nra. }
  pose proof (G 0%nat). pose proof (G 1%nat). pose proof (G 2%nat). pose proof (G 3%nat). simpl in *. lra.
Qed.

Ltac products :=
  pose proof powers_grow; pose proof budget_covers_powers;
  assert (0 <= Rabs B * Rabs O) by (apply Rmult_le_pos; apply Rabs_pos);
  assert (0 <= Rabs B * Rabs N) by (apply Rmult_le_pos; apply Rabs_pos);
  assert (0 <= Rabs C * Rabs O) by (apply Rmult_le_pos; apply Rabs_pos);
  assert (0 <= Rabs C * Rabs N) by (apply Rmult_le_pos; apply Rabs_pos).

Lemma direct_error (f : direct_form) :
  relative u (direct_tree f B C O N) + absolute u e (direct_tree f B C O N)
  <= ((1 + u) ^ 3 - 1) * (Rabs B * Rabs O + Rabs C * Rabs N) + w.
Proof.
  products. unfold underflow, roundings in underflows.
  pose proof (direct_underflow f B C O N).
  assert (relative u (direct_tree f B C O N) <= ((1 + u) ^ 3 - 1) * (Rabs B * Rabs O + Rabs C * Rabs N)); [|lra].
  destruct f; simpl relative.
  - apply Req_le. ring.
  - apply Rle_trans with (((1 + u) ^ 2 - 1) * (Rabs B * Rabs O) + ((1 + u) ^ 3 - 1) * (Rabs C * Rabs N));
      [apply Req_le; ring | nra].
  - apply Rle_trans with (((1 + u) ^ 3 - 1) * (Rabs B * Rabs O) + ((1 + u) ^ 2 - 1) * (Rabs C * Rabs N));
      [apply Req_le; ring | nra].
Qed.

Theorem direct_average (f : direct_form) (Z : R) :
  computes u e (direct_tree f B C O N) Z -> within (direct_radius k w b rb c rc o ro n rn) (b * o + c * n) Z.
Proof.
  intros H. apply every_tree in H; [|exact u_positive | exact e_positive]. products.
  replace (value (direct_tree f B C O N)) with (B * O + C * N) in H by (destruct f; simpl; ring).
  pose proof (direct_error f). pose proof (magnitude _ _ _ HB). pose proof (magnitude _ _ _ HC).
  pose proof (Rabs_pos B). pose proof (Rabs_pos C).
  apply weighted with B C 0 0 (((1 + u) ^ 3 - 1) * Rabs B) (((1 + u) ^ 3 - 1) * Rabs C).
  - rewrite Rplus_0_r. exact HB.
  - rewrite Rplus_0_r. exact HC.
  - nra.
  - nra.
  - rewrite Rplus_0_l. apply Rmult_le_compat; lra.
  - rewrite Rplus_0_l. apply Rmult_le_compat; lra.
  - lra.
Qed.

Lemma around_error (X Y W : R) (t : tree) :
  0 <= X <= 1 -> 0 <= Y -> 0 <= W -> absolute u e t <= 4 * e ->
  relative u t = ((1 + u) ^ 4 - 1) * (X * (Y + W)) + u * Y
  \/ relative u t = ((1 + u) ^ 3 - 1) * (X * (Y + W)) + u * Y ->
  relative u t + absolute u e t <= (u + ((1 + u) ^ 4 - 1) * X) * Y + ((1 + u) ^ 4 - 1) * X * W + w.
Proof.
  intros HX HY HW A H. products. unfold underflow, roundings in underflows.
  assert (0 <= X * (Y + W)) by nra.
  assert (((1 + u) ^ 3 - 1) * (X * (Y + W)) <= ((1 + u) ^ 4 - 1) * (X * (Y + W)))
    by (apply Rmult_le_compat_r; lra).
  destruct H; lra.
Qed.

(* The program's complement of beta is one rounding of 1 - B, or anything within two units of it. *)
Theorem lerp_average (f : lerp_form) (Z : R) :
  Rabs (1 - B - C) <= 2 * u ->
  computes u e (lerp_tree f C O N) Z -> within (lerp_radius k w b rb c rc o ro n rn) (b * o + c * n) Z.
Proof.
  intros HQ H. apply every_tree in H; [|exact u_positive | exact e_positive]. products.
  replace (value (lerp_tree f C O N)) with ((1 - C) * O + C * N) in H by (destruct f; simpl; ring).
  pose proof (magnitude _ _ _ HC). pose proof (Rabs_pos C).
  assert (E : relative u (lerp_tree f C O N) + absolute u e (lerp_tree f C O N)
              <= (u + ((1 + u) ^ 4 - 1) * Rabs C) * Rabs O + ((1 + u) ^ 4 - 1) * Rabs C * Rabs N + w).
  { apply around_error; try apply Rabs_pos; [lra | apply lerp_underflow; lra |].
    destruct f; simpl relative; [left | right | left]; ring. }
  apply weighted with (1 - C) C (2 * u) 0 (u + ((1 + u) ^ 4 - 1) * Rabs C) (((1 + u) ^ 4 - 1) * Rabs C).
  - unfold within in *. replace (1 - C - b) with ((B - b) + (1 - B - C)) by ring.
    eapply Rle_trans; [apply Rabs_triang | lra].
  - rewrite Rplus_0_r. exact HC.
  - nra.
  - nra.
  - assert (((1 + u) ^ 4 - 1) * Rabs C <= k * (Rabs c + rc)) by (apply Rmult_le_compat; lra). lra.
  - rewrite Rplus_0_l. apply Rmult_le_compat; lra.
  - lra.
Qed.

Theorem anchored_average (f : anchored_form) (Z : R) :
  rb <= rc ->
  computes u e (anchored_tree f B O N) Z -> within (anchored_radius k w b rb c rc o ro n rn) (b * o + c * n) Z.
Proof.
  intros HR H. apply every_tree in H; [|exact u_positive | exact e_positive]. products.
  replace (value (anchored_tree f B O N)) with (B * O + (1 - B) * N) in H by (destruct f; simpl; ring).
  pose proof (magnitude _ _ _ HB). pose proof (Rabs_pos B).
  assert (E : relative u (anchored_tree f B O N) + absolute u e (anchored_tree f B O N)
              <= (u + ((1 + u) ^ 4 - 1) * Rabs B) * Rabs N + ((1 + u) ^ 4 - 1) * Rabs B * Rabs O + w).
  { apply around_error; try apply Rabs_pos; [lra | apply anchored_underflow; lra |].
    destruct f; simpl relative; [left | right | left]; ring. }
  apply weighted with B (1 - B) 0 0 (((1 + u) ^ 4 - 1) * Rabs B) (u + ((1 + u) ^ 4 - 1) * Rabs B).
  - rewrite Rplus_0_r. exact HB.
  - unfold within in *. rewrite Rplus_0_r, complement. replace (1 - B - (1 - b)) with (- (B - b)) by ring.
    rewrite Rabs_Ropp. lra.
  - nra.
  - nra.
  - rewrite Rplus_0_l. apply Rmult_le_compat; lra.
  - assert (((1 + u) ^ 4 - 1) * Rabs B <= k * (Rabs b + rb)) by (apply Rmult_le_compat; lra). lra.
  - lra.
Qed.

End Average.

Theorem square_average (u e k w w' b rb c rc o ro g rg B C O G : R) (f : square_form) (Z : R) :
  0 <= u -> 0 <= e -> u <= / 16 -> k = rounding u -> underflow e * Rmax 1 (Rabs G) <= w -> 0 <= w' ->
  within rb b B -> within rc c C -> within ro o O -> within rg g G ->
  computes u e (square_tree f B C O G) Z ->
  within (direct_radius k w b rb c rc o ro (g * g) (product_radius k w' g rg g rg)) (b * o + c * (g * g)) Z.
Proof.
  intros U E S K W W' HB HC HO HG H. pose proof (powers_grow u U) as P.
  pose proof (budget_covers_powers u U S k K) as Q. apply every_tree in H; [|exact U | exact E].
  replace (value (square_tree f B C O G)) with (B * O + C * (G * G)) in H by (destruct f; simpl; ring).
  pose proof (square_underflow u e U E S f B C O G) as A. unfold underflow, roundings in W.
  pose proof (magnitude _ _ _ HB). pose proof (magnitude _ _ _ HC).
  pose proof (Rabs_pos B). pose proof (Rabs_pos C). pose proof (Rabs_pos O). pose proof (Rabs_pos G).
  assert (0 <= Rabs B * Rabs O) by (apply Rmult_le_pos; assumption).
  assert (G2 : Rabs (G * G) = Rabs G * Rabs G) by apply Rabs_mult.
  assert (0 <= Rabs C * (Rabs G * Rabs G)) by (repeat apply Rmult_le_pos; assumption).
  assert (L : relative u (square_tree f B C O G)
              <= ((1 + u) ^ 4 - 1) * (Rabs B * Rabs O + Rabs C * (Rabs G * Rabs G))).
  { destruct f; simpl relative.
    - apply Rle_trans with (((1 + u) ^ 3 - 1) * (Rabs B * Rabs O) + ((1 + u) ^ 4 - 1) * (Rabs C * (Rabs G * Rabs G)));
        [apply Req_le; ring | nra].
    - apply Rle_trans with (((1 + u) ^ 3 - 1) * (Rabs B * Rabs O) + ((1 + u) ^ 3 - 1) * (Rabs C * (Rabs G * Rabs G)));
        [apply Req_le; ring | nra]. }
  assert (HN : within (product_radius k w' g rg g rg) (g * g) (G * G)).
  { apply product with G G; try assumption; [lra|]. rewrite Rminus_diag_eq, Rabs_R0 by reflexivity.
    pose proof (Rabs_pos (G * G)). nra. }
  unfold direct_radius.
  apply weighted with (B := B) (C := C) (O := O) (N := G * G) (P := B) (Q := C) (p := 0) (q := 0)
    (a := ((1 + u) ^ 4 - 1) * Rabs B) (d := ((1 + u) ^ 4 - 1) * Rabs C); try assumption.
  - rewrite Rplus_0_r. exact HB.
  - rewrite Rplus_0_r. exact HC.
  - nra.
  - nra.
  - rewrite Rplus_0_l. apply Rmult_le_compat; lra.
  - rewrite Rplus_0_l. apply Rmult_le_compat; lra.
  - rewrite G2. lra.
Qed.
